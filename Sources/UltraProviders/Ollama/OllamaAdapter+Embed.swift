package import UltraAPI

/// Embeddings by `POST /api/embed`.
extension OllamaAdapter {
    package func encodeEmbed(_ request: EmbedRequest, model: String) throws(UltraError) -> EncodedRequest {
        var body = try RequestBody(request.providerOptions, provider: provider)
        body.member("model", model)
        body.member("input", request.input)
        body.member("dimensions", request.dimensions)
        return EncodedRequest(call("/api/embed", body.finish()))
    }

    package func decodeEmbeddings(_ reader: inout JSONReader) throws(JSONError) -> Embeddings {
        var result = Embeddings()
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "embeddings":
                try reader.beginArray()
                while try reader.nextElement() {
                    let vector = try EmbeddingVector(&reader)
                    if result.vectors.isEmpty { result.dimensions = vector.count }
                    result.vectors.append(vector.json)
                }
            case "model": result.providerModel = try reader.text()
            case "prompt_eval_count": result.inputTokens = try reader.count()
            default: try reader.skip()
            }
        }
        return result
    }
}
