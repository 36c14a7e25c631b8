import Foundation
import Testing

@testable import UltraAPI

/// The limits of one request, and the errors beyond them.
@Suite("Bounds of a request")
struct RequestBoundTests {
    private static func list(_ count: Int, _ element: (Int) -> String) -> String {
        "[\((0..<count).map(element).joined(separator: ","))]"
    }

    private static func name(_ count: Int) -> String { String(repeating: "n", count: count) }

    private static let user = #"{"role":"user","content":"a"}"#

    struct Case: Sendable, CustomTestStringConvertible {
        let bound: RequestBound
        let field: String
        let operation: String
        /// The members of a request that has so many.
        let members: @Sendable (Int) -> String

        var testDescription: String { "\(bound.what) in \(field)" }

        init(
            _ bound: RequestBound, _ field: String, _ operation: String = "generate",
            _ members: @escaping @Sendable (Int) -> String
        ) {
            self.bound = bound
            self.field = field
            self.operation = operation
            self.members = members
        }
    }

    private static func prompt(_ members: String) -> String { #""prompt":"x",\#(members)"# }

    static let cases: [Case] = [
        // Members besides id, op and prompt, and besides the array itself.
        Case(.values, "") { count in prompt("\"x\":\(list(count - 2) { _ in "1" })") },
        Case(.values, "") { count in
            prompt("\"provider_options\":{\((0..<count - 2).map { "\"p\($0)\":{}" }.joined(separator: ","))}")
        },
        Case(.messages, "messages") { count in "\"messages\":\(list(count) { _ in user })" },
        Case(.tools, "tools") { count in prompt("\"tools\":\(list(count) { #"{"name":"f\#($0)"}"# })") },
        Case(.toolCalls, "messages[1].tool_calls") { count in
            let calls = list(count - 1) { #"{"id":"c\#($0)","name":"f","arguments":""}"# }
            let first = #"{"role":"assistant","tool_calls":[{"id":"a","name":"f","arguments":""}]}"#
            return #""messages":[\#(first),{"role":"assistant","tool_calls":\#(calls)}]"#
        },
        Case(.schemaMembers, "response_format.schema") { count in
            prompt(#""response_format":{"name":"a","schema":{"required":\#(list(count - 1) { "\"name\($0)\"" })}}"#)
        },
        Case(.schemaMembers, "tools[0].parameters") { count in
            let members = (0..<count - 2).map { #""p\#($0)":1,"# }.joined()
            return prompt(#""tools":[{"name":"f","parameters":{\#(members)"a":{}}}]"#)
        },
        Case(.stop, "stop") { count in prompt("\"stop\":\(list(count) { _ in "\"x\"" })") },
        Case(.tags, "tags") { count in prompt("\"tags\":\(list(count) { _ in "\"x\"" })") },
        Case(.fallback, "fallback") { count in prompt("\"fallback\":\(list(count) { _ in "\"x\"" })") },
        Case(.tagBytes, "tags[1]") { count in prompt(#""tags":["a","\#(name(count))"]"#) },
        Case(.modelBytes, "model") { count in prompt(#""model":"\#(name(count))""#) },
        Case(.modelBytes, "fallback[0]") { count in prompt(#""fallback":["\#(name(count))"]"#) },
        Case(.toolNameBytes, "tools[0].name") { count in prompt(#""tools":[{"name":"\#(name(count))"}]"#) },
        Case(.callIDBytes, "messages[0].tool_call_id") { count in
            #""messages":[{"role":"tool","content":"x","tool_call_id":"\#(name(count))"}]"#
        },
        Case(.callIDBytes, "messages[0].tool_calls[0].id") { count in
            let call = #"{"id":"\#(name(count))","name":"f","arguments":""}"#
            return #""messages":[{"role":"assistant","tool_calls":[\#(call)]}]"#
        },
        Case(.callIDBytes, "messages[0].content[0].id") { count in
            let call = #"{"type":"tool_call","id":"\#(name(count))","name":"f","arguments":""}"#
            return #""messages":[{"role":"assistant","content":[\#(call)]}]"#
        },
        Case(.toolNameBytes, "messages[0].content[0].name") { count in
            let call = #"{"type":"tool_call","id":"a","name":"\#(name(count))","arguments":""}"#
            return #""messages":[{"role":"assistant","content":[\#(call)]}]"#
        },
        Case(.providerBytes, "provider_options") { count in prompt(#""provider_options":{"\#(name(count))":{}}"#) },
        Case(.providerBytes, "provider", "probe") { count in #""provider":"\#(name(count))""# },
        Case(.filterBytes, "provider", "models") { count in #""provider":"\#(name(count))""# },
        Case(.filterBytes, "tag", "models") { count in #""tag":"\#(name(count))""# },
        Case(.filterBytes, "filter.user", "usage") { count in #""filter":{"user":"\#(name(count))"}"# },
        Case(.filterBytes, "filter.tag", "usage") { count in #""filter":{"tag":"\#(name(count))"}"# },
        Case(.inputs, "input", "embed") { count in "\"input\":\(list(count) { _ in "\"x\"" })" },
        Case(.tags, "tags", "embed") { count in #""input":"x","tags":\#(list(count) { _ in "\"x\"" })"# },
        Case(.modelBytes, "model", "embed") { count in #""input":"x","model":"\#(name(count))""# },
        Case(.clientBytes, "client", "hello") { count in #""client":"\#(name(count))""# },
        Case(.topics, "topics", "subscribe") { count in "\"topics\":\(list(count) { _ in "\"x\"" })" },
    ]

    private static func read(_ example: Case, _ count: Int) throws(UltraError) {
        let text = #"{"id":1,"op":"\#(example.operation)",\#(example.members(count))}"#
        let frame: RequestFrame
        do throws(RequestFrame.Refusal) { frame = try RequestFrame(Array(text.utf8)) } catch { throw error.error }
        switch frame.operation {
        case .embed: _ = try EmbedRequest(frame)
        case .hello: _ = try frame.hello()
        case .subscribe: _ = try frame.topics()
        case .models: _ = try frame.modelFilter()
        case .probe: _ = try frame.probeTarget()
        case .usage: _ = try UsageRequest(frame)
        default: _ = try Request(frame)
        }
    }

    @Test("as many as are allowed are, and one more is refused by its field, with the limit", arguments: cases)
    func bounds(example: Case) {
        #expect(throws: Never.self) { try Self.read(example, example.bound.most) }
        do throws(UltraError) {
            try Self.read(example, example.bound.most + 1)
            Issue.record("taken")
        } catch {
            #expect(error.code == .invalidRequest && error.field ?? "" == example.field)
            #expect(error.message.contains("\(example.bound.most) \(example.bound.what)"))
        }
    }

    @Test(
        "names and ids have no control characters",
        arguments: [#"\u0001"#, #"\n"#, #"\u001b[2J"#, #"\u007f"#, "\u{9B}"])
    func control(text: String) {
        for (field, members) in [
            ("model", #""prompt":"x","model":"a\#(text)""#), ("tags[0]", #""prompt":"x","tags":["a\#(text)"]"#),
            (
                "messages[0].content[0].id",
                #""messages":[{"role":"assistant","content":[{"type":"tool_call","id":"\#(text)","name":"f","arguments":""}]}]"#
            ), ("tools[0].name", #""prompt":"x","tools":[{"name":"a\#(text)"}]"#),
            ("messages[0].tool_call_id", #""messages":[{"role":"tool","content":"x","tool_call_id":"a\#(text)"}]"#),
        ] {
            do throws(UltraError) {
                try Self.read(Case(.tags, field) { _ in members }, 1)
                Issue.record("taken")
            } catch {
                #expect(error.code == .invalidRequest && error.field == field)
            }
        }
    }

    @Test("the protocol's manual has every one of them")
    func manual() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let manual = try String(contentsOf: root.appending(path: "etc/man/ultra-protocol.7"), encoding: .utf8)
        for bound in RequestBound.all {
            #expect(manual.contains(".It \(bound.what)\n\(bound.most)"), "\(bound.what)")
        }
    }
}
