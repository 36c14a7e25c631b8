import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

/// The cost of a request is proportional to its size, whichever part is large, because one thread serves all clients.
@Suite(.serialized)
struct ShapeTests {
    struct Shape: CustomTestStringConvertible, Sendable {
        let name: String
        /// A size for which a debug build takes about a millisecond.
        let count: Int
        let make: @Sendable (_ count: Int) -> Request

        var testDescription: String { name }
    }

    private static func raw(_ json: String) -> RawJSON { RawJSON(validated: Array(json.utf8)) }

    private static func list(_ count: Int, _ element: (Int) -> String) -> String {
        (0..<count).map(element).joined(separator: ",")
    }

    private static let hi = Message(.user, [.text("Hi")])

    // MARK: - Shapes

    static let shapes = messageShapes + callShapes + toolShapes + schemaShapes.flatMap { [asTool($0), asFormat($0)] }

    private static func messages(
        _ name: String, _ count: Int, _ make: @escaping @Sendable (Int) -> [Message]
    ) -> Shape {
        Shape(name: name, count: count) { Request(messages: make($0)) }
    }

    private static let messageShapes = [
        messages("users", 400) { (0..<$0).map { Message(.user, [.text("a\($0)")]) } },
        messages("systems first", 400) { (0..<$0).map { Message(.system, [.text("a\($0)")]) } + [hi] },
        messages("systems last", 400) { [hi] + (0..<$0).map { Message(.system, [.text("a\($0)")]) } },
        messages("systems between", 200) { count in
            (0..<count).flatMap { [Message(.user, [.text("u\($0)")]), Message(.system, [.text("s")])] } + [hi]
        },
        messages("turns", 200) { count in
            (0..<count).flatMap { [Message(.user, [.text("u\($0)")]), Message(.assistant, [.text("a")])] } + [hi]
        },
        messages("parts of text", 400) { [Message(.user, (0..<$0).map { .text("a\($0)") })] },
        messages("cache markers", 400) { count in
            [Message(.user, (0..<count).flatMap { [.text("a\($0)"), .cacheMarker(raw(#"{"type":"ephemeral"}"#))] })]
        },
        messages("reasoning", 200) { count in
            [
                hi,
                Message(.assistant, (0..<count).map { .reasoning(text: "r\($0)", signature: "U2ln") } + [.text("b")]),
                hi,
            ]
        },
        messages("turns of reasoning", 200) { count in
            (0..<count).flatMap {
                [hi, Message(.assistant, [.reasoning(text: "r\($0)", signature: nil), .text("b")])]
            } + [hi]
        },
        messages("images", 200) { count in
            [Message(.user, (0..<count).map { _ in .imageData(mediaType: "image/jpg", base64: "/9j/4AAQ") })]
        },
        messages("data URLs", 200) { count in
            [Message(.user, (0..<count).map { _ in .imageURL("data:image/jpg;base64,/9j/4AAQ") })]
        },
        messages("documents", 200) { count in
            [
                Message(
                    .user,
                    [.text("a")]
                        + (0..<count).map { _ in .document(Document(.data(mediaType: "text/plain", base64: "YWJj"))) })
            ]
        },
        messages("one long text", 20_000) { [Message(.user, [.text(String(repeating: "a b ", count: $0))])] },
        messages("one long text of white space", 20_000) {
            [Message(.user, [.text("a"), .text(String(repeating: " ", count: $0))])]
        },
        messages("one letter of many marks", 10_000) {
            [Message(.user, [.text("a" + String(repeating: "\u{301}", count: $0))])]
        },
        messages("blank assistants", 200) { count in
            (0..<count).flatMap { _ in [hi, Message(.assistant, [.text("")])] } + [hi]
        },
        Shape(name: "stop sequences", count: 400) { count in
            var request = Request(messages: [hi])
            request.sampling.stop = (0..<count).map { "s\($0)" }
            return request
        },
        Shape(name: "options", count: 400) { count in
            var request = Request(messages: [hi])
            for provider in ["openai", "anthropic", "gemini", "mistral", "cohere", "ollama", "docker"] {
                request.providerOptions[provider] = raw("{\(list(count) { "\"m\($0)\":\($0)" })}")
            }
            return request
        },
        Shape(name: "options within options", count: 400) { count in
            var request = Request(messages: [hi])
            request.providerOptions["ollama"] = raw("{\"options\":{\(list(count) { "\"m\($0)\":\($0)" })}}")
            request.providerOptions["gemini"] = raw("{\"generationConfig\":{\(list(count) { "\"m\($0)\":\($0)" })}}")
            return request
        },
    ]

    /// - Parameter make: Makes a call from its number.
    private static func calls(
        _ name: String, _ count: Int, inOneTurn: Bool = true, reversed: Bool = false,
        _ make: @escaping @Sendable (Int) -> ToolCall
    ) -> Shape {
        messages(name, count) { count in
            let calls = (0..<count).map(make)
            func result(_ call: ToolCall) -> Message { Message(.tool, [.text("r")], toolCallID: call.id) }
            if inOneTurn {
                let answered = reversed ? calls.reversed() : calls
                return [hi, Message(.assistant, [], toolCalls: calls)] + answered.map(result) + [hi]
            }
            return [hi] + calls.flatMap { [Message(.assistant, [], toolCalls: [$0]), result($0)] } + [hi]
        }
    }

    private static let callShapes = [
        calls("calls in one turn", 150) { ToolCall(id: "c\($0)", name: "f", arguments: "{}") },
        calls("calls answered backwards", 150, reversed: true) {
            ToolCall(id: "c\($0)", name: "f", arguments: "{}")
        },
        calls("calls in turns", 100, inOneTurn: false) { ToolCall(id: "c\($0)", name: "f", arguments: "{}") },
        calls("calls of many tools", 150) { ToolCall(id: "c\($0)", name: "f\($0)", arguments: "{}") },
        calls("calls of tools with dots", 150) { ToolCall(id: "c\($0)", name: "f.\($0)", arguments: "{}") },
        calls("calls with one id", 150) { _ in ToolCall(id: "c", name: "f", arguments: "{}") },
        calls("calls in turns with one id", 100, inOneTurn: false) { _ in
            ToolCall(id: "c", name: "f", arguments: "{}")
        },
        calls("calls with long ids", 100) {
            ToolCall(id: String(repeating: "i", count: 200) + "\($0)", name: "f", arguments: "{}")
        },
        calls("calls with broken arguments", 100) { ToolCall(id: "c\($0)", name: "f", arguments: #"{"a":[1,"x"#) },
        calls("calls with no arguments", 100) { ToolCall(id: "c\($0)", name: "f", arguments: "null") },
        calls("calls with signatures", 100) {
            ToolCall(id: "c\($0)", name: "f", arguments: "{}", signature: "U2ln")
        },
        messages("one call of many members", 1) { count in
            let arguments = "{\(list(count * 400) { "\"m\($0)\":\($0)" })}"
            return [
                hi, Message(.assistant, [], toolCalls: [ToolCall(id: "c", name: "f", arguments: arguments)]),
                Message(.tool, [.text("{\(list(count * 400) { "\"r\($0)\":1" })}")], toolCallID: "c"), hi,
            ]
        },
        messages("one call cut", 5000) { count in
            let arguments = "{\"a\":\"" + String(repeating: "x", count: count)
            return [
                hi, Message(.assistant, [], toolCalls: [ToolCall(id: "c", name: "f", arguments: arguments)]),
                Message(.tool, [.text("r")], toolCallID: "c"), hi,
            ]
        },
        messages("parts of a result", 300) { count in
            [
                hi, Message(.assistant, [], toolCalls: [ToolCall(id: "c", name: "f", arguments: "{}")]),
                Message(.tool, (0..<count).map { .text("r\($0)") }, toolCallID: "c"), hi,
            ]
        },
    ]

    private static func tools(_ name: String, _ count: Int, _ make: @escaping @Sendable (Int) -> Tool) -> Shape {
        Shape(name: name, count: count) { count in
            var request = Request(messages: [hi])
            request.tools = (0..<count).map(make)
            return request
        }
    }

    private static let toolShapes = [
        tools("tools", 100) { Tool(name: "f\($0)") },
        tools("tools with dots", 100) { Tool(name: "f.\($0)") },
        tools("tools that look alike", 100) { index in
            // Every name is mapped to underscores.
            Tool(
                name: String(repeating: ".", count: 8)
                    + String(index, radix: 2).replacing("0", with: ":").replacing("1", with: "/"))
        },
        tools("tools with long names", 60) { Tool(name: String(repeating: "n", count: 200) + "\($0)") },
        tools("tools of one name", 100) { _ in Tool(name: "f") },
        tools("tools with dots and parameters", 40) {
            Tool(name: "f.\($0)", parameters: raw(#"{"properties":{"a":{"type":"string","weird":1}}}"#))
        },
        tools("tools whose schemas hold what is dropped", 40) {
            Tool(name: "f\($0)", parameters: raw(##"{"type":"object","properties":{"a":{"x\##($0)":1}}}"##))
        },
        Shape(name: "a choice among tools", count: 100) { count in
            var request = Request(messages: [hi])
            request.tools = (0..<count).map { Tool(name: "f.\($0)") }
            request.toolChoice = .named("f.\(count - 1)")
            return request
        },
    ]

    /// A schema of an object, by size.
    struct SchemaShape: Sendable {
        let name: String
        let count: Int
        let make: @Sendable (Int) -> String
    }

    private static let schemaShapes = [
        SchemaShape(name: "properties", count: 60) {
            "{\"type\":\"object\",\"properties\":{\(list($0) { "\"p\($0)\":{\"type\":\"string\"}" })},\"required\":[\"p0\"]}"
        },
        SchemaShape(name: "required", count: 200) {
            "{\"type\":\"object\",\"properties\":{\"a\":{}},\"required\":[\(list($0) { "\"p\($0)\"" })]}"
        },
        SchemaShape(name: "two lists of required", count: 100) { count in
            let names = (list(count) { "\"p\($0)\"" }, list(count) { "\"q\($0)\"" })
            return "{\"type\":\"object\",\"allOf\":[{\"required\":[\(names.0)]},{\"required\":[\(names.1)]}]}"
        },
        SchemaShape(name: "many parts of allOf", count: 60) {
            "{\"type\":\"object\",\"allOf\":[\(list($0) { "{\"properties\":{\"p\($0)\":{}},\"required\":[\"p\($0)\"]}" })]}"
        },
        SchemaShape(name: "alternatives", count: 60) {
            "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{\"anyOf\":[\(list($0) { "{\"const\":\"v\($0)\"}" })]}}}"
        },
        SchemaShape(name: "alternatives at the root", count: 60) {
            "{\"anyOf\":[\(list($0) { "{\"type\":\"object\",\"properties\":{\"p\($0)\":{}},\"required\":[\"p\($0)\"]}" })]}"
        },
        SchemaShape(name: "a chain of definitions", count: 60) { count in
            "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{\"$ref\":\"#/$defs/d0\"}},\"$defs\":{"
                + list(count) { "\"d\($0)\":{\"anyOf\":[{\"$ref\":\"#/$defs/d\($0 + 1)\"},{\"type\":\"string\"}]}" }
                + ",\"d\(count)\":{\"type\":\"string\"}}}"
        },
        SchemaShape(name: "definitions that refer to one", count: 60) { count in
            "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{}},\"$defs\":{"
                + list(count) { "\"d\($0)\":{\"$ref\":\"#/$defs/d\(count)\"}" }
                + ",\"d\(count)\":{\"type\":\"string\"}}}"
        },
        SchemaShape(name: "one that refers to all definitions", count: 40) { count in
            "{\"type\":\"object\",\"required\":[\"p0\"],\"properties\":{"
                + list(count) { "\"p\($0)\":{\"$ref\":\"#/$defs/d\($0)\"}" } + "},\"$defs\":{"
                + list(count) { "\"d\($0)\":{\"type\":\"string\"}" } + "}}"
        },
        SchemaShape(name: "keywords nobody knows", count: 80) {
            "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{\(list($0) { "\"x\($0)\":1" })}}}"
        },
        SchemaShape(name: "bounds", count: 60) {
            "{\"type\":\"object\",\"required\":[\"p0\"],\"properties\":{\(list($0) { "\"p\($0)\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":2}" })}}"
        },
        SchemaShape(name: "an enum", count: 300) {
            "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{\"enum\":[\(list($0) { "\"v\($0)\"" })]}}}"
        },
        SchemaShape(name: "types", count: 200) {
            "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{\"type\":[\(list($0) { "\"t\($0)\"" })]}}}"
        },
    ]

    private static func asTool(_ shape: SchemaShape) -> Shape {
        Shape(name: "\(shape.name) (tool)", count: shape.count) { count in
            var request = Request(messages: [hi])
            request.tools = [Tool(name: "f", parameters: raw(shape.make(count)))]
            return request
        }
    }

    private static func asFormat(_ shape: SchemaShape) -> Shape {
        Shape(name: "\(shape.name) (format)", count: shape.count) { count in
            var request = Request(messages: [hi])
            request.responseFormat = .schema(name: "n", schema: raw(shape.make(count)), strict: true)
            return request
        }
    }

    // MARK: - Measuring

    private static let adapters: [(adapter: any Adapter, model: String)] = [
        (OpenAIAdapter.testing(), "gpt-4o"),
        (OpenAIAdapter.testing(provider: "server", dialect: .of("api.deepseek.com")), "deepseek-reasoner"),
        (ResponsesAdapter(OpenAIAdapter.testing()), "gpt-5"), (AnthropicAdapter.testing(), "claude-sonnet-4-5"),
        (GeminiAdapter.testing(), "gemini-3-flash"), (GeminiAdapter.testing(), "gemini-2.0-flash"),
        (MistralAdapter.testing(), "mistral-small-latest"), (CohereAdapter.testing(), "command-a-03-2025"),
        (OllamaAdapter.testing(), "qwen3"), (DockerAdapter.testing(), "ai/qwen3"),
    ]

    @Test("four times the request takes less than six times the time", arguments: shapes)
    func proportional(shape: Shape) {
        let small = shape.make(3 * shape.count)
        let large = shape.make(12 * shape.count)
        for (adapter, model) in Self.adapters {
            // A refusal is a valid outcome too.
            CostRatio.expectProportional("\(adapter.provider)/\(model)") { isLarge in
                _ = try? adapter.encode(isLarge ? large : small, model: model, isStream: true)
            }
        }
    }

    @Test("there are enough shapes")
    func count() {
        #expect(Self.shapes.count >= 40)
        #expect(Set(Self.shapes.map(\.name)).count == Self.shapes.count)
    }
}
