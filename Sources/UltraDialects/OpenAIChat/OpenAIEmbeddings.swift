package import UltraAPI

/// A request for embeddings as OpenAI's API has it.
package struct OpenAIEmbedRequest: Sendable, Equatable {
    package enum Encoding: String, Sendable, CaseIterable {
        case float, base64
    }

    package var request: EmbedRequest
    package var encoding = Encoding.float
    package var warnings: [String] = []

    package init(_ body: [UInt8]) throws(UltraError) {
        var request = EmbedRequest(input: [])
        var encoding = Encoding.float
        var warnings = RequestWarnings()
        try RequestBody.read(body) { (fields) throws(UltraError) in
            try fields.object("a JSON object") { (fields, key) throws(UltraError) in
                guard try !fields.skipNull() else { return }
                switch key {
                case "model": request.model = try fields.name("the name of a model", .modelBytes)
                case "input": request.input = try Self.input(&fields)
                case "dimensions": request.dimensions = try fields.int(1...65_536)
                case "encoding_format": encoding = try fields.choice(Encoding.allCases)
                case "user": try fields.skip()
                default:
                    warnings.leftOut(String(key))
                    try fields.skip()
                }
            }
        }
        guard !request.input.isEmpty else {
            throw UltraError(.invalidRequest, "input must be a text or an array of at least one text", field: "input")
        }
        self.request = request
        self.encoding = encoding
        self.warnings = warnings.sentences
    }

    private static func input(_ fields: inout RequestFields) throws(UltraError) -> [String] {
        let what = "a text that is not empty, or an array of them"
        guard try !fields.isNext(.string) else { return [try fields.name(what)] }
        var input: [String] = []
        try fields.array(what, .inputs) { (fields, _) throws(UltraError) in
            guard try !fields.isTokens() else {
                throw UltraError(
                    .capabilityMissing, "input must be text: providers have different tokens",
                    hint: "with LangChain, set check_embedding_ctx_length=False", field: "input")
            }
            input.append(try fields.name("a text that is not empty"))
        }
        return input
    }
}

extension RequestFields {
    /// True if the next value is a token, or an array of them.
    fileprivate mutating func isTokens() throws(UltraError) -> Bool {
        if try isNext(.number) { return true }
        return try isNext(.array)
    }
}

package enum OpenAIEmbedWriter {
    /// - Throws: `upstream_protocol` for a vector that cannot be packed, because it holds something else than numbers.
    package static func body(
        _ answer: EmbedAnswer, _ request: OpenAIEmbedRequest
    ) throws(UltraError) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("object", "list")
        json.key("data")
        json.beginArray()
        for (index, vector) in answer.embeddings.vectors.enumerated() {
            json.beginObject()
            json.field("object", "embedding")
            json.field("index", index)
            json.key("embedding")
            switch request.encoding {
            case .float: json.raw(vector)
            case .base64:
                do throws(JSONError) {
                    json.string(Base64.encoded(try floats(vector)))
                } catch {
                    throw UltraError(
                        .upstreamProtocol, "the provider's vector is no array of numbers", provider: answer.provider,
                        model: answer.model)
                }
            }
            json.endObject()
        }
        json.endArray()
        json.field("model", answer.model)
        let tokens = answer.embeddings.inputTokens ?? TokenEstimate.input(request.request)
        json.key("usage")
        json.beginObject()
        json.field("prompt_tokens", tokens)
        json.field("total_tokens", tokens)
        if answer.embeddings.inputTokens == nil { json.field("usage_source", "estimated") }
        json.endObject()
        json.endObject()
        return json.bytes
    }

    /// Little-endian 32-bit floats.
    private static func floats(_ vector: RawJSON) throws(JSONError) -> [UInt8] {
        var bytes: [UInt8] = []
        try JSONReader.read(vector.bytes) { (reader) throws(JSONError) in
            try reader.beginArray()
            while try reader.nextElement() {
                withUnsafeBytes(of: Float(try reader.double()).bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
            }
        }
        return bytes
    }
}
