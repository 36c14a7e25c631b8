package import UltraAPI

/// Embeddings by `batchEmbedContents`, even for a single input.
extension GeminiAdapter {
    package var embedBatchLimit: Int { 100 }

    package func encodeEmbed(_ request: EmbedRequest, model: String) throws(UltraError) -> EncodedRequest {
        var omitted = Omissions(provider, model, refused: [])
        if let dimensions = request.dimensions, dimensions != 3072, model.holds("gemini-embedding-001") {
            omitted.warn("\(omitted.model) gives vectors of \(dimensions) dimensions that are not normalised")
        }
        var json = JSONWriter()
        json.beginObject()
        json.key("requests")
        json.beginArray()
        for text in request.input {
            // `provider_options` are merged into each request; the batch has no options.
            var body = try RequestBody(request.providerOptions, provider: provider)
            body.member("model", Self.resource(model))
            body.member("content") { json in
                json.beginObject()
                json.key("parts")
                json.contentsOfText(text)
                json.endObject()
            }
            body.member("taskType", request.purpose.map(Self.taskType))
            body.member("outputDimensionality", request.dimensions)
            json.raw(RawJSON(validated: body.finish()))
        }
        json.endArray()
        json.endObject()
        return EncodedRequest(call(model, "batchEmbedContents", body: json.bytes), warnings: omitted.warnings)
    }

    private static func taskType(_ purpose: EmbedRequest.Purpose) -> String {
        switch purpose {
        case .document: "RETRIEVAL_DOCUMENT"
        case .query: "RETRIEVAL_QUERY"
        case .classification: "CLASSIFICATION"
        case .clustering: "CLUSTERING"
        }
    }

    /// Decodes replies of `batchEmbedContents` and of `embedContent`.
    package func decodeEmbeddings(_ reader: inout JSONReader) throws(JSONError) -> Embeddings {
        var embeddings = Embeddings()
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "embeddings" where try reader.kind() == .array:
                try reader.beginArray()
                while try reader.nextElement() { try embedding(&reader, &embeddings) }
            case "embedding":
                try embedding(&reader, &embeddings)
            case "usageMetadata" where try reader.kind() == .object:
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "promptTokenCount": embeddings.inputTokens = try reader.count()
                    default: try reader.skip()
                    }
                }
            default: try reader.skip()
            }
        }
        return embeddings
    }

    private func embedding(_ reader: inout JSONReader, _ embeddings: inout Embeddings) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "values" where try reader.kind() == .array:
                let vector = try EmbeddingVector(&reader)
                // Google writes one number per line, with more white space than digits.
                let values = vector.json.bytes.filter { !$0.isJSONWhitespace }
                embeddings.vectors.append(RawJSON(validated: values))
                if embeddings.dimensions == nil { embeddings.dimensions = vector.count }
            default: try reader.skip()
            }
        }
    }
}
