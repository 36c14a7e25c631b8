import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

/// The cost of a reply is proportional to its size, whichever part is large, because one thread serves all clients.
@Suite(.serialized)
struct ReplyShapeTests {
    struct Shape: CustomTestStringConvertible, Sendable {
        let name: String
        /// A size for which a debug build takes about a millisecond.
        let count: Int
        var isStream = true
        var status = 200
        /// The length of each read in bytes.
        var readBytes = 64 << 10
        /// nil: this API has no such reply.
        let body: @Sendable (_ dialect: DialectReplies, _ count: Int) -> String?

        var testDescription: String { name }
    }

    private static func list(_ count: Int, _ element: (Int) -> String) -> String {
        (0..<count).map(element).joined(separator: ",")
    }

    // MARK: - Shapes

    static let shapes = textShapes + callShapes + framingShapes + documentShapes + errorShapes

    /// A stream of `count` pieces, and its end.
    private static func pieces(
        _ name: String, _ count: Int, readBytes: Int = 64 << 10, _ piece: @escaping @Sendable (Int) -> String
    ) -> Shape {
        Shape(name: name, count: count, readBytes: readBytes) { dialect, count in
            (0..<count).map { dialect.piece(piece($0)) }.joined() + dialect.end(dialect.stop, "")
        }
    }

    private static let textShapes = [
        pieces("pieces", 100) { "word\($0) " },
        pieces("pieces, byte by byte", 20, readBytes: 1) { "word\($0) " },
        pieces("the same piece again and again", 100) { _ in "word " },
        pieces("pieces of white space", 100) { _ in "  " },
        pieces("pieces of a tag that never ends", 100) { $0 == 0 ? "<think>" : "hm\($0) " },
        pieces("pieces that may end a tag", 100) { $0 == 0 ? "<think>" : "</thin" },
        pieces("white space after a tag", 100) { $0 == 0 ? "<think>hm</think>" : " " },
        pieces("combining marks", 100) { _ in "\u{301}" },
        pieces("halves of surrogate pairs", 50) { _ in #"\ud83d"# },
        pieces("escapes", 50) { _ in #"\u0061\n\"\\"# },
        Shape(name: "one long piece", count: 20_000) { dialect, count in
            dialect.piece(String(repeating: "word ", count: count)) + dialect.end(dialect.stop, "")
        },
        Shape(name: "one long piece in small reads", count: 2000, readBytes: 16) { dialect, count in
            dialect.piece(String(repeating: "word ", count: count)) + dialect.end(dialect.stop, "")
        },
        Shape(name: "thoughts", count: 100) { dialect, count in
            dialect.thought.map { thought in
                (0..<count).map { thought("hm\($0) ") }.joined() + dialect.piece("x") + dialect.end(dialect.stop, "")
            }
        },
        Shape(name: "thoughts and text in turn", count: 60) { dialect, count in
            dialect.thought.map { thought in
                (0..<count).map { thought("hm\($0) ") + dialect.piece("word\($0) ") }.joined()
                    + dialect.end(dialect.stop, "")
            }
        },
        Shape(name: "thoughts told twice", count: 60) { dialect, count in
            dialect.thought.map { thought in
                (0..<count).map { thought("hm\($0) ") }.joined() + dialect.piece("<think>")
                    + (0..<count).map { dialect.piece("hm\($0) ") }.joined() + dialect.piece("</think>x")
                    + dialect.end(dialect.stop, "")
            }
        },
    ]

    /// - Parameter piece: Gives the number of the call, and id, name and arguments, for the number of a piece.
    private static func calls(
        _ name: String, _ count: Int, _ piece: @escaping @Sendable (Int) -> (Int, DialectReplies.CallPiece)
    ) -> Shape {
        Shape(name: name, count: count) { dialect, count in
            (0..<count).map { dialect.call(piece($0)) }.joined() + dialect.end(dialect.stop, "")
        }
    }

    private static let callShapes = [
        calls("calls", 20) { ($0, .init(id: "c\($0)", name: "f\($0)", arguments: "{}")) },
        calls("calls of one name", 20) { ($0, .init(id: "c\($0)", name: "f", arguments: #"{\"a\":\#($0)}"#)) },
        calls("calls without ids", 20) { ($0, .init(id: "", name: "f\($0)", arguments: #"{\"a\":\#($0)}"#)) },
        calls("calls with one id", 20) { ($0, .init(id: "c", name: "f\($0)", arguments: #"{\"a\":\#($0)}"#)) },
        calls("calls in one place", 20) { (0, .init(id: "c\($0)", name: "f\($0)", arguments: #"{\"a\":\#($0)}"#)) },
        calls("one call told again and again", 60) { _ in (0, .init(id: "c", name: "f", arguments: #"{\"a\":1}"#)) },
        Shape(name: "a call of many arguments", count: 1500) { dialect, count in
            let arguments = list(count) { #"\"m\#($0)\":\#($0)"# }
            return dialect.call((0, .init(id: "c", name: "f", arguments: "{\(arguments)}")))
                + dialect.end(dialect.stop, "")
        },
        Shape(name: "pieces of arguments", count: 100) { dialect, count in
            dialect.argument.map { argument in
                dialect.call((0, .init(id: "c", name: "f", arguments: ""))) + argument(#"{\"a\":\""#)
                    + (0..<count).map { argument("x\($0)") }.joined() + argument(#"\"}"#)
                    + dialect.end(dialect.stop, "")
            }
        },
    ]

    /// Shapes of event streams, which alone have comments and lines.
    private static func events(
        _ name: String, _ count: Int, _ filler: @escaping @Sendable (Int) -> String
    ) -> Shape {
        Shape(name: name, count: count) { dialect, count in
            guard dialect.adapter.framing == .serverSentEvents else { return nil }
            return (0..<count).map(filler).joined() + dialect.piece("x") + dialect.end(dialect.stop, "")
        }
    }

    private static let framingShapes = [
        events("comments", 400) { ": \($0)\n" },
        events("blank lines", 2000) { _ in "\n" },
        events("carriage returns", 2000) { _ in "\r" },
        events("fields nobody knows", 400) { "id: \($0)\n" },
        events("events of nothing", 100) { "data: {\"type\":\"ping\",\"n\":\($0)}\n\n" },
        events("names of events", 400) { "event: e\($0)\n" },
        Shape(name: "members of the last event", count: 200) { dialect, count in
            dialect.piece("x") + dialect.end(dialect.stop, (0..<count).map { ",\"m\($0)\":\($0)" }.joined())
        },
        Shape(name: "nested members of the last event", count: 30) { dialect, count in
            let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
            return dialect.piece("x") + dialect.end(dialect.stop, (0..<count).map { ",\"m\($0)\":\(deep)" }.joined())
        },
        Shape(name: "the last event again and again", count: 60) { dialect, count in
            dialect.piece("x") + (0..<count).map { _ in dialect.end(dialect.stop, "") }.joined()
        },
    ]

    private static let documentShapes = [
        Shape(name: "a document of one text", count: 20_000, isStream: false) { dialect, count in
            dialect.document(String(repeating: "word ", count: count), dialect.stop, "")
        },
        Shape(name: "a document of escapes", count: 2000, isStream: false) { dialect, count in
            dialect.document(String(repeating: #"\u0061\n\"\\"#, count: count), dialect.stop, "")
        },
        Shape(name: "a document of halves of surrogate pairs", count: 2000, isStream: false) { dialect, count in
            dialect.document(String(repeating: #"\ud83d"#, count: count), dialect.stop, "")
        },
        Shape(name: "a document of white space", count: 20_000, isStream: false) { dialect, count in
            dialect.document("x", dialect.stop, String(repeating: " ", count: count))
        },
        Shape(name: "a document with many members", count: 200, isStream: false) { dialect, count in
            dialect.document("x", dialect.stop, (0..<count).map { ",\"m\($0)\":\($0)" }.joined())
        },
        Shape(name: "a document in small reads", count: 2000, isStream: false, readBytes: 16) { dialect, count in
            dialect.document(String(repeating: "word ", count: count), dialect.stop, "")
        },
        Shape(name: "a document in place of a stream", count: 20_000) { dialect, count in
            dialect.document(String(repeating: "word ", count: count), dialect.stop, "")
        },
    ]

    private static let errorShapes = [
        Shape(name: "an error of one long message", count: 200, status: 400) { _, count in
            #"{"error":{"message":"\#(String(repeating: "no ", count: count))","code":"c","type":"t"}}"#
        },
        Shape(name: "an error of many members", count: 60, status: 500) { _, count in
            "{\"error\":{\(list(count) { "\"m\($0)\":{\"message\":\"no\"}" })}}"
        },
        Shape(name: "an error that is a page", count: 100, status: 502) { _, count in
            "<html>" + String(repeating: "<p>no &amp; no</p>", count: count) + "</html>"
        },
        Shape(name: "errors in a list", count: 60, status: 429) { _, count in
            "[\(list(count) { "{\"error\":{\"message\":\"no\($0)\"}}" })]"
        },
    ]

    // MARK: - Measuring

    /// Decodes a reply in reads of the shape's length.
    private static func decode(_ body: [UInt8], _ shape: Shape, _ adapter: any Adapter) -> Outcome {
        let cuts = stride(from: shape.readBytes, to: body.count, by: shape.readBytes)
        return Outcome(
            adapter, isStream: shape.isStream, head: HTTPHead(status: shape.status, headers: []), body: body[...],
            cuts: Array(cuts))
    }

    private static let dialects = DialectReplies.all + [.mistral, .docker]

    @Test("four times the reply takes less than six times the time", arguments: shapes)
    func proportional(shape: Shape) {
        for dialect in Self.dialects {
            guard let small = shape.body(dialect, 3 * shape.count).map({ Array($0.utf8) }),
                let large = shape.body(dialect, 12 * shape.count).map({ Array($0.utf8) })
            else { continue }
            CostRatio.expectProportional("\(dialect)") { isLarge in
                _ = Self.decode(isLarge ? large : small, shape, dialect.adapter)
            }
        }
    }

    @Test("each shape is read to its end: one refused at its beginning would measure nothing", arguments: shapes)
    func whole(shape: Shape) {
        for dialect in Self.dialects {
            guard let body = shape.body(dialect, shape.count).map({ Array($0.utf8) }) else { continue }
            let outcome = Self.decode(body, shape, dialect.adapter)
            #expect((outcome.error == nil) == (shape.status == 200), "\(dialect): \(String(describing: outcome.error))")
            if shape.status == 200 { #expect(outcome.finish != nil, "\(dialect)") }
        }
    }

    @Test("there are enough shapes of each API")
    func count() {
        #expect(Set(Self.shapes.map(\.name)).count == Self.shapes.count)
        for dialect in Self.dialects {
            #expect(Self.shapes.count { $0.body(dialect, 1) != nil } >= 20, "\(dialect)")
        }
    }
}

extension DialectReplies {
    /// Texts as written in a JSON string.
    struct CallPiece: Sendable {
        let id: String
        let name: String
        let arguments: String

        /// The arguments as JSON within a JSON string.
        var object: String { arguments.replacing("\\\"", with: "\"") }
    }

    static let mistral = DialectReplies.chat.of(MistralAdapter.testing(), "mistral")
    static let docker = DialectReplies.chat.of(DockerAdapter.testing(), "docker")

    private func of(_ adapter: any Adapter, _ name: String) -> DialectReplies {
        DialectReplies(
            name: name, adapter: adapter, piece: piece, thought: thought, end: end, document: document, stop: stop,
            length: length)
    }

    /// A call, or its beginning, with a number as index.
    func call(_ piece: (index: Int, CallPiece)) -> String {
        let (index, call) = piece
        switch name {
        case "anthropic":
            return
                #"data: {"type":"content_block_start","index":\#(index),"content_block":{"type":"tool_use","id":"\#(call.id)","name":"\#(call.name)","input":{}}}"#
                + "\n\n"
                + #"data: {"type":"content_block_delta","index":\#(index),"delta":{"type":"input_json_delta","partial_json":"\#(call.arguments)"}}"#
                + "\n\n"
        case "gemini":
            let arguments = call.object.isEmpty ? "{}" : call.object
            return
                #"data: {"candidates":[{"content":{"parts":[{"functionCall":{"id":"\#(call.id)","name":"\#(call.name)","args":\#(arguments)}}]}}]}"#
                + "\n\n"
        case "cohere":
            return
                #"data: {"type":"tool-call-start","index":\#(index),"delta":{"message":{"tool_calls":{"id":"\#(call.id)","function":{"name":"\#(call.name)","arguments":"\#(call.arguments)"}}}}}"#
                + "\n\n"
        case "responses":
            return
                #"data: {"type":"response.output_item.added","output_index":\#(index),"item":{"type":"function_call","id":"i\#(index)","call_id":"\#(call.id)","name":"\#(call.name)","arguments":"\#(call.arguments)"}}"#
                + "\n\n"
        case "ollama":
            let arguments = call.object.isEmpty ? "{}" : call.object
            return
                #"{"message":{"role":"assistant","content":"","tool_calls":[{"function":{"index":\#(index),"name":"\#(call.name)","arguments":\#(arguments)}}]},"done":false}"#
                + "\n"
        default:
            return
                #"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":\#(index),"id":"\#(call.id)","function":{"name":"\#(call.name)","arguments":"\#(call.arguments)"}}]}}]}"#
                + "\n\n"
        }
    }

    /// A piece of the arguments of the call with index 0; nil: the API sends calls only as a whole.
    var argument: (@Sendable (String) -> String)? {
        switch name {
        case "anthropic":
            {
                #"data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"\#($0)"}}"#
                    + "\n\n"
            }
        case "cohere":
            {
                #"data: {"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"\#($0)"}}}}}"#
                    + "\n\n"
            }
        case "responses":
            {
                #"data: {"type":"response.function_call_arguments.delta","output_index":0,"item_id":"i0","delta":"\#($0)"}"#
                    + "\n\n"
            }
        case "gemini", "ollama": nil
        default:
            {
                #"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\#($0)"}}]}}]}"#
                    + "\n\n"
            }
        }
    }
}
