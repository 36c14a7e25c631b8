package import UltraAPI

/// `POST /api/embed`.
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
                    guard try reader.kind() == .array else { throw JSONError(.unexpectedByte, offset: 0) }
                    if result.vectors.isEmpty {
                        let first = try reader.rawJSON()
                        result.dimensions = try Self.length(of: first)
                        result.vectors.append(first)
                    } else {
                        result.vectors.append(try reader.rawJSON())
                    }
                }
            case "model": result.providerModel = try reader.text()
            case "prompt_eval_count": result.inputTokens = try reader.count()
            default: try reader.skip()
            }
        }
        return result
    }

    private static func length(of vector: RawJSON) throws(JSONError) -> Int {
        try JSONReader.read(vector.bytes) { (reader) throws(JSONError) in
            var count = 0
            try reader.beginArray()
            while try reader.nextElement() {
                _ = try reader.double()
                count += 1
            }
            return count
        }
    }
}
