package import UltraAPI

extension OpenAIAdapter {
    package func encodeEmbed(_ request: EmbedRequest, model: String) throws(UltraError) -> EncodedRequest {
        let omitted = Omissions(provider, model, refused: [])
        var body = try RequestBody(request.providerOptions, provider: provider)
        body.member("model", model)
        body.member("input", request.input)
        if let dimensions = request.dimensions {
            // A vector of another length would be useless to the client.
            if dialect.models == .openAI, model.hasPrefix("text-embedding-ada"), dimensions != 1536 {
                throw omitted.capabilityMissing(
                    "makes vectors of 1536 dimensions only", hint: "choose text-embedding-3-small, or leave out dimensions"
                )
            }
            if !model.hasPrefix("text-embedding-ada") { body.member("dimensions", dimensions) }
        }
        // `request.purpose` has no member here: OpenAI's vectors suit every purpose.
        let http = HTTPRequest(
            url: endpoint.url("/embeddings"),
            headers: authorization + [
                HTTPHeader("Content-Type", "application/json"), HTTPHeader("Accept", "application/json"),
            ], body: body.finish())
        return EncodedRequest(http, warnings: omitted.warnings)
    }

    /// Decodes `{"data":[{"embedding":[…],"index":0}],"model":…,"usage":{"prompt_tokens":…}}`. Servers may list the
    /// vectors in any order.
    package func decodeEmbeddings(_ reader: inout JSONReader) throws(JSONError) -> Embeddings {
        var result = Embeddings()
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "data" where try reader.kind() == .array: try vectors(&reader, into: &result)
            case "model": result.providerModel = try reader.text()
            case "usage" where try reader.kind() == .object:
                let figures = try UsageFigures(&reader)
                // An embedding has no output tokens, so the total is the input.
                result.inputTokens = figures.total.updated(with: figures.input)
            default: try reader.skip()
            }
        }
        return result
    }

    private func vectors(_ reader: inout JSONReader, into result: inout Embeddings) throws(JSONError) {
        var found: [(index: Int, vector: EmbeddingVector)] = []
        try reader.beginArray()
        while try reader.nextElement() {
            var index = found.count
            var vector: EmbeddingVector?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "embedding": vector = try EmbeddingVector(&reader)
                case "index": index = try reader.count() ?? index
                default: try reader.skip()
                }
            }
            if let vector { found.append((index, vector)) }
        }
        let isOrdered = Set(found.map(\.index)).count == found.count
        if isOrdered { found.sort { $0.index < $1.index } }
        result.vectors = found.map(\.vector.json)
        result.dimensions = found.first?.vector.count
    }
}
