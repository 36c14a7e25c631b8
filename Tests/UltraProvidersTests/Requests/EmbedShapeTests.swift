import Testing
import UltraAPI

@testable import UltraProviders

/// Costs of embedding requests and replies, as in `ShapeTests` and `ReplyShapeTests`.
@Suite(.serialized)
struct EmbedShapeTests {
    struct Dialect: CustomTestStringConvertible, Sendable {
        let adapter: any Adapter
        let model: String
        /// A reply with vectors as JSON, each with different numbers.
        let reply: @Sendable (_ vectors: [(index: Int, json: String)], _ more: String) -> String

        var testDescription: String { adapter.provider }
    }

    private static func indexed(_ vectors: [(index: Int, json: String)], _ more: String) -> String {
        let data = vectors.map { #"{"index":\#($0.index),"embedding":\#($0.json)}"# }.joined(separator: ",")
        return "{\"data\":[\(data)]\(more)}"
    }

    static let dialects = [
        Dialect(adapter: OpenAIAdapter.testing(), model: "text-embedding-3-small", reply: indexed),
        Dialect(adapter: MistralAdapter.testing(), model: "codestral-embed", reply: indexed),
        Dialect(adapter: DockerAdapter.testing(), model: "ai/mxbai-embed-large", reply: indexed),
        Dialect(adapter: GeminiAdapter.testing(), model: "gemini-embedding-001") { vectors, more in
            let values = vectors.map { "{\"values\":\($0.json)}" }.joined(separator: ",")
            return "{\"embeddings\":[\(values)]\(more)}"
        },
        Dialect(adapter: CohereAdapter.testing(), model: "embed-v4.0") { vectors, more in
            "{\"embeddings\":{\"float\":[\(vectors.map(\.json).joined(separator: ","))]}\(more)}"
        },
        Dialect(adapter: OllamaAdapter.testing(), model: "nomic-embed-text") { vectors, more in
            "{\"embeddings\":[\(vectors.map(\.json).joined(separator: ","))]\(more)}"
        },
    ]

    // MARK: - Requests

    struct RequestShape: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let count: Int
        let make: @Sendable (Int) -> EmbedRequest
    }

    private static func options(_ members: (Int) -> String, _ count: Int) -> EmbedRequest {
        var request = EmbedRequest(input: ["a"])
        let json = "{\((0..<count).map(members).joined(separator: ","))}"
        for dialect in dialects {
            request.providerOptions[dialect.adapter.provider] = RawJSON(validated: Array(json.utf8))
        }
        return request
    }

    static let requests = [
        RequestShape(testDescription: "texts", count: 300) { EmbedRequest(input: (0..<$0).map { "a\($0)" }) },
        RequestShape(testDescription: "the same text", count: 300) {
            EmbedRequest(input: Array(repeating: "a", count: $0))
        },
        RequestShape(testDescription: "one long text", count: 20_000) {
            EmbedRequest(input: [String(repeating: "a b ", count: $0)])
        },
        RequestShape(testDescription: "one text of quotes", count: 10_000) {
            EmbedRequest(input: [String(repeating: "\"\n", count: $0)])
        },
        RequestShape(testDescription: "one letter of many marks", count: 10_000) {
            EmbedRequest(input: ["a" + String(repeating: "\u{301}", count: $0)])
        },
        RequestShape(testDescription: "options", count: 300) { options({ "\"m\($0)\":\($0)" }, $0) },
        RequestShape(testDescription: "nested options", count: 100) { options({ "\"m\($0)\":{\"a\":[1,2]}" }, $0) },
    ]

    @Test("four times the request takes less than six times the time", arguments: requests)
    func request(shape: RequestShape) {
        let small = shape.make(3 * shape.count)
        let large = shape.make(12 * shape.count)
        for dialect in Self.dialects {
            CostRatio.expectProportional("\(dialect.testDescription)") { isLarge in
                _ = try? dialect.adapter.encodeEmbed(isLarge ? large : small, model: dialect.model)
            }
        }
    }

    // MARK: - Replies

    struct ReplyShape: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let count: Int
        let make: @Sendable (Dialect, Int) -> String
    }

    private static func vectors(
        _ name: String, _ count: Int,
        _ make: @escaping @Sendable (_ index: Int, _ count: Int) -> (index: Int, json: String)
    ) -> ReplyShape {
        ReplyShape(testDescription: name, count: count) { dialect, count in
            dialect.reply((0..<count).map { make($0, count) }, "")
        }
    }

    static let replies = [
        vectors("vectors", 100) { index, _ in (index, "[0.5,-1e-3]") },
        vectors("vectors backwards", 100) { index, count in (count - 1 - index, "[0.5]") },
        vectors("vectors with one number", 100) { _, _ in (0, "[0.5]") },
        vectors("vectors of nothing", 100) { index, _ in (index, "[]") },
        ReplyShape(testDescription: "one long vector", count: 2000) { dialect, count in
            dialect.reply([(0, "[\(Array(repeating: "0.123", count: count).joined(separator: ","))]")], "")
        },
        ReplyShape(testDescription: "white space", count: 10_000) { dialect, count in
            dialect.reply([(0, "[1\(String(repeating: " ", count: count))]")], "")
        },
        ReplyShape(testDescription: "members", count: 200) { dialect, count in
            dialect.reply([(0, "[1]")], (0..<count).map { ",\"m\($0)\":[\($0)]" }.joined())
        },
    ]

    @Test("four times the reply takes less than six times the time", arguments: replies)
    func reply(shape: ReplyShape) {
        for dialect in Self.dialects {
            let small = Array(shape.make(dialect, 3 * shape.count).utf8)
            let large = Array(shape.make(dialect, 12 * shape.count).utf8)
            CostRatio.expectProportional("\(dialect.testDescription)") { isLarge in
                _ = try? Self.decode(isLarge ? large : small, dialect)
            }
        }
    }

    private static func decode(_ body: [UInt8], _ dialect: Dialect) throws(JSONError) -> Embeddings {
        try JSONReader.read(reply: body) { (reader) throws(JSONError) in
            try dialect.adapter.decodeEmbeddings(&reader)
        }
    }

    @Test("every reply has its vectors", arguments: dialects)
    func whole(dialect: Dialect) throws {
        let body = dialect.reply([(0, "[0.5]"), (1, "[1]")], "")
        #expect(try Self.decode(Array(body.utf8), dialect).vectors.count == 2)
    }
}
