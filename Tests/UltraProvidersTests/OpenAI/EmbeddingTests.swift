import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

struct EmbeddingTests {
    private func decode(_ body: [UInt8]) throws -> Embeddings {
        try body.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            let found = try OpenAIAdapter.testing().decodeEmbeddings(&reader)
            try reader.end()
            return found
        }
    }

    private func decode(_ json: String) throws -> Embeddings { try decode(Array(json.utf8)) }

    private func texts(_ embeddings: Embeddings) -> [String] {
        embeddings.vectors.map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    @Test(
        "a recorded answer has its vectors", .enabled(if: !Recording.areAbsent),
        arguments: [
            ("openai/embeddings-01", 1536, "text-embedding-ada-002", 8),
            ("openai/embeddings-02", 1536, "text-embedding-3-small", 1),
        ])
    func recorded(name: String, dimensions: Int, model: String, tokens: Int) throws {
        let recording = try Recording(name)
        let found = try decode(recording.body)
        #expect(found.dimensions == dimensions)
        #expect(found.providerModel == model)
        #expect(found.inputTokens == tokens)
        #expect(found.vectors.count == 1)
        let vector = try #require(
            try JSONSerialization.jsonObject(with: Data(found.vectors[0].bytes)) as? [Double])
        #expect(vector.count == dimensions)
        // Every model returns vectors of length 1, so that a wrongly read float is noticed.
        #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-4)
        // The floats as read by another program.
        let file = try #require(try JSONSerialization.jsonObject(with: Data(recording.body)) as? [String: Any])
        let item = try #require((file["data"] as? [[String: Any]])?.first)
        if let packed = item["embedding"] as? String {
            let data = try #require(Data(base64Encoded: packed))
            let floats = data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
            #expect(vector.map { Float($0) } == floats)
        } else {
            #expect(vector == item["embedding"] as? [Double])
        }
    }

    @Test("vectors come in the order of the input, as they were written")
    func order() throws {
        let found = try decode(
            #"{"data":[{"index":1,"embedding":[2.0, 1e-5]},{"embedding":[1,-0.5],"index":0}],"usage":{"total_tokens":3}}"#
        )
        #expect(texts(found) == ["[1,-0.5]", "[2.0, 1e-5]"])
        #expect(found.dimensions == 2)
        #expect(found.inputTokens == 3)
    }

    @Test("indexes that say nothing change nothing")
    func sameIndex() throws {
        let found = try decode(#"{"data":[{"index":0,"embedding":[2]},{"index":0,"embedding":[1]}]}"#)
        #expect(texts(found) == ["[2]", "[1]"])
        #expect(found.inputTokens == nil)
    }

    @Test("packed floats are unpacked", arguments: [("AACAPwAAAMAAAAAA", "[1.0,-2.0,0.0]"), ("rMUnNw==", "[1e-05]")])
    func packed(text: String, vector: String) throws {
        #expect(try texts(decode(#"{"data":[{"embedding":"\#(text)"}]}"#)) == [vector])
    }

    @Test(
        "an invalid vector is an error",
        arguments: [
            #""AACAP""#, #""AAA=""#, #""AACAfw==""#, #""AADAfw==""#, #"["a"]"#, "[null]", "[[1]]", "{}", "null", "1",
        ])
    func bad(vector: String) {
        #expect(throws: JSONError.self) { try decode(#"{"data":[{"embedding":\#(vector)}]}"#) }
    }

    @Test("an answer without vectors has none", arguments: ["{}", #"{"data":null}"#, #"{"data":[]}"#])
    func none(json: String) throws {
        #expect(try decode(json).vectors.isEmpty)
    }

    @Test(
        "a request has this body",
        arguments: [
            ("text-embedding-3-small", nil, #"{"model":"text-embedding-3-small","input":["a","b"]}"#),
            ("text-embedding-3-small", 256, #"{"model":"text-embedding-3-small","input":["a","b"],"dimensions":256}"#),
            ("text-embedding-ada-002", 1536, #"{"model":"text-embedding-ada-002","input":["a","b"]}"#),
        ] as [(String, Int?, String)])
    func request(model: String, dimensions: Int?, body: String) throws {
        var request = EmbedRequest(input: ["a", "b"])
        request.dimensions = dimensions
        request.purpose = .query
        let adapter = OpenAIAdapter(endpoint: .testing, key: Secret("k"), dialect: .openAI)
        let encoded = try adapter.encodeEmbed(request, model: model)
        #expect(String(decoding: encoded.http.body, as: UTF8.self) == body)
        #expect(encoded.http.url == "https://api.example.com/v1/embeddings")
        #expect(encoded.http.headers.first == HTTPHeader("Authorization", "Bearer k"))
        #expect(encoded.warnings.isEmpty)
        #expect(try ResponsesAdapter(adapter).encodeEmbed(request, model: model) == encoded)
    }

    @Test("a length a model cannot make is refused")
    func dimensions() {
        var request = EmbedRequest(input: ["a"])
        request.dimensions = 8
        let error = #expect(throws: UltraError.self) {
            try OpenAIAdapter.testing().encodeEmbed(request, model: "text-embedding-ada-002")
        }
        #expect(error?.code == .capabilityMissing)
    }

    @Test("options of the provider are merged")
    func options() throws {
        var request = EmbedRequest(input: ["a"])
        request.providerOptions["openai"] = RawJSON(validated: Array(#"{"user":"u"}"#.utf8))
        let body = try OpenAIAdapter.testing().encodeEmbed(request, model: "m").http.body
        #expect(String(decoding: body, as: UTF8.self) == #"{"model":"m","input":["a"],"user":"u"}"#)
    }
}
