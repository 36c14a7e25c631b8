package import UltraAPI

/// Embeddings of texts by `POST /v2/embed`.
extension CohereAdapter {
    package var embedBatchLimit: Int { 96 }

    package func encodeEmbed(_ request: EmbedRequest, model: String) throws(UltraError) -> EncodedRequest {
        let omitted = Omissions(provider, model, refused: [])
        if let index = request.input.firstIndex(of: "") {
            throw UltraError(
                .badRequest, "\(omitted.model) does not embed an empty text", field: "input[\(index)]",
                provider: provider, model: omitted.model)
        }
        var body = try RequestBody(request.providerOptions, provider: provider)
        body.member("model", model)
        body.member("texts", request.input)
        body.member("input_type", Self.inputType(request.purpose))
        // This is the default, but older deployments require the member.
        body.member("embedding_types", ["float"])
        if let dimensions = request.dimensions {
            if model.holds("-v2.0") || model.holds("-v3.0") {
                throw omitted.capabilityMissing("makes vectors of one length only", hint: "leave out dimensions")
            }
            body.member("output_dimension", dimensions)
        }
        return EncodedRequest(call("/embed", body.finish()))
    }

    private static func inputType(_ purpose: EmbedRequest.Purpose?) -> String {
        switch purpose {
        case nil, .document?: "search_document"
        case .query?: "search_query"
        case .classification?: "classification"
        case .clustering?: "clustering"
        }
    }

    /// Decodes `{"embeddings":{"float":[[…]]},"meta":{"billed_units":{"input_tokens":…}}}`, in the order of the texts.
    package func decodeEmbeddings(_ reader: inout JSONReader) throws(JSONError) -> Embeddings {
        var result = Embeddings()
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "embeddings" where try reader.kind() == .object:
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "float": try vectors(&reader, &result)
                    default: try reader.skip()
                    }
                }
            // Older deployments send the vectors without a type.
            case "embeddings": try vectors(&reader, &result)
            case "meta" where try reader.kind() == .object: result.inputTokens = try billedTokens(&reader)
            default: try reader.skip()
            }
        }
        return result
    }

    private func vectors(_ reader: inout JSONReader, _ result: inout Embeddings) throws(JSONError) {
        guard try reader.kind() == .array else { return try reader.skip() }
        try reader.beginArray()
        while try reader.nextElement() {
            let vector = try EmbeddingVector(&reader)
            if result.vectors.isEmpty { result.dimensions = vector.count }
            result.vectors.append(vector.json)
        }
    }

    private func billedTokens(_ reader: inout JSONReader) throws(JSONError) -> Int? {
        var tokens: Int?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "billed_units" where try reader.kind() == .object:
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "input_tokens": tokens = try reader.count()
                    default: try reader.skip()
                    }
                }
            default: try reader.skip()
            }
        }
        return tokens
    }
}
