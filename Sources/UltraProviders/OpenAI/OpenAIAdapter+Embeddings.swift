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
                    "makes vectors of 1536 dimensions only",
                    hint: "choose text-embedding-3-small, or leave out dimensions"
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

/// An embedding vector as a JSON array of numbers. Servers may also send it as base64 of little-endian 32-bit floats,
/// even if that was not requested.
struct EmbeddingVector {
    /// A JSON array of numbers.
    let json: RawJSON
    let count: Int

    /// Reads a vector in either form.
    /// - Throws: `invalidNumber` for anything else, or for values that are not finite.
    init(_ reader: inout JSONReader) throws(JSONError) {
        let offset = reader.offset
        if try reader.kind() == .string {
            guard let packed = Self.unpacked(try reader.string()) else {
                throw JSONError(.invalidNumber, offset: offset)
            }
            self = packed
        } else {
            let array = try reader.raw()
            guard let count = Self.count(array) else { throw JSONError(.invalidNumber, offset: offset) }
            json = RawJSON(validated: [UInt8](array))
            self.count = count
        }
    }

    private init(json: [UInt8], count: Int) {
        self.json = RawJSON(validated: json)
        self.count = count
    }

    /// The number of elements in an array of numbers; nil if it is not an array, or holds something else.
    private static func count(_ json: UnsafeRawBufferPointer) -> Int? {
        guard json.first == UInt8(ascii: "["), json.last == UInt8(ascii: "]") else { return nil }
        var commas = 0
        var hasNumber = false
        for byte in UnsafeRawBufferPointer(rebasing: json[1..<json.count - 1]) {
            switch byte {
            case UInt8(ascii: ","): commas += 1
            case UInt8(ascii: "0")...UInt8(ascii: "9"): hasNumber = true
            case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): break
            default: guard byte.isJSONWhitespace else { return nil }
            }
        }
        return hasNumber ? commas + 1 : 0
    }

    /// Decodes base64 of floats; nil if it is not base64, has an incomplete float or one that is not finite.
    private static func unpacked(_ text: String) -> EmbeddingVector? {
        guard let bytes = Base64.decoded(text), bytes.count % 4 == 0 else { return nil }
        var json: [UInt8] = [UInt8(ascii: "[")]
        json.reserveCapacity(bytes.count * 3)
        for start in stride(from: 0, to: bytes.count, by: 4) {
            let pattern = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) }
            let value = Float(bitPattern: pattern)
            guard value.isFinite else { return nil }
            if start > 0 { json.append(UInt8(ascii: ",")) }
            // `description` is the shortest decimal that reads back as the same float. An exponent such as `1e-05` is
            // valid JSON.
            json.append(contentsOf: value.description.utf8)
        }
        json.append(UInt8(ascii: "]"))
        return EmbeddingVector(json: json, count: bytes.count / 4)
    }
}
