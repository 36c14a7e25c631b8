package import UltraAPI

extension OpenAIAdapter {
    /// `{"data":[{"embedding":[…],"index":0}],"model":…,"usage":{"prompt_tokens":…}}`; servers may list them in any
    /// order.
    package func decodeEmbeddings(_ reader: inout JSONReader) throws(JSONError) -> Embeddings {
        var result = Embeddings()
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "data" where try reader.kind() == .array: result.vectors = try vectors(&reader)
            case "model": result.providerModel = try reader.text()
            case "usage" where try reader.kind() == .object:
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "prompt_tokens": result.inputTokens = try reader.count()
                    default: try reader.skip()
                    }
                }
            default: try reader.skip()
            }
        }
        result.dimensions = try result.vectors.first?.elementCount()
        return result
    }

    private func vectors(_ reader: inout JSONReader) throws(JSONError) -> [RawJSON] {
        var vectors: [(index: Int, vector: RawJSON)] = []
        try reader.beginArray()
        while try reader.nextElement() {
            var index = vectors.count
            var vector: RawJSON?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "embedding" where try reader.kind() == .array: vector = try reader.rawJSON()
                case "index": index = try reader.count() ?? index
                default: try reader.skip()
                }
            }
            if let vector { vectors.append((index, vector)) }
        }
        return vectors.sorted { $0.index < $1.index }.map(\.vector)
    }
}
