import Testing
import UltraAPI

@testable import UltraDialects

@Suite("Blocks of an answer")
struct AnswerBlocksTests {
    typealias Step = AnswerBlocks.Step

    static func steps(_ events: [AnswerEvent]) -> [Step] {
        var blocks = AnswerBlocks()
        var steps: [Step] = []
        for event in events { blocks.receive(event) { steps.append($0) } }
        blocks.finish { steps.append($0) }
        return steps
    }

    static func piece(
        _ index: Int, _ arguments: String = "", id: String? = nil, name: String? = nil, signature: String? = nil
    ) -> AnswerEvent {
        .toolCall(ToolCallDelta(index: index, id: id, name: name, arguments: arguments, signature: signature))
    }

    static func call(_ id: String, _ arguments: [String]) -> [Step] {
        [.open(.call(id: id, name: "f"))] + arguments.map { .arguments($0) } + [.close]
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let events: [AnswerEvent]
        let steps: [Step]
        var testDescription: String { name }
    }

    @Test(
        "one block is open at a time, and nothing is lost",
        arguments: [
            Case(name: "nothing", events: [.usage(Usage()), .finish(.stop)], steps: []),
            Case(
                name: "text", events: [.text("a"), .text("b")],
                steps: [.open(.text), .text("a"), .text("b"), .close]),
            Case(
                name: "reasoning around text",
                events: [.reasoning("a"), .reasoningSignature("s"), .text("b"), .reasoning("c")],
                steps: [
                    .open(.reasoning), .reasoning("a"), .signature("s"), .close, .open(.text), .text("b"), .close,
                    .open(.reasoning), .reasoning("c"), .close,
                ]),
            Case(
                name: "a signature alone", events: [.reasoningSignature("s")],
                steps: [.open(.reasoning), .signature("s"), .close]),
            Case(
                name: "two calls in turn",
                events: [
                    piece(0, id: "c0", name: "f"), piece(0, #"{"x""#), piece(0, ":1}"),
                    piece(1, "{}", id: "c1", name: "f"), .text("t"),
                ],
                steps: call("c0", [#"{"x""#, ":1}"]) + call("c1", ["{}"]) + [.open(.text), .text("t"), .close]),
            Case(
                name: "two calls whose pieces alternate",
                events: [
                    piece(0, "{", id: "c0", name: "f"), piece(1, "{", id: "c1", name: "f"), piece(0, "}"),
                    piece(1, #""a":2}"#),
                ],
                steps: call("c0", ["{", "}"]) + call("c1", ["{", #""a":2}"#])),
            Case(
                name: "a call that is never complete, text and calls behind it",
                events: [
                    piece(0, "{", id: "c0", name: "f"), piece(1, "{}", id: "c1", name: "f"), .text("t"),
                    piece(2, "{", id: "c2", name: "f"), piece(0, "]"),
                ],
                steps: call("c0", ["{", "]"]) + call("c1", ["{}"]) + [.open(.text), .text("t"), .close]
                    + call("c2", ["{"])),
            Case(
                name: "a call without arguments until the end",
                events: [piece(0, id: "c0", name: "f"), piece(1, "{}", id: "c1", name: "f"), piece(0, "{}")],
                steps: call("c0", ["{}"]) + call("c1", ["{}"])),
            Case(
                name: "a name that comes late",
                events: [piece(0, "{", id: "c0"), piece(0, "}", name: "f")], steps: call("c0", ["{}"])),
            Case(
                name: "a call with a signature",
                events: [.text("t"), piece(0, "{}", id: "c0", name: "f", signature: "g:s")],
                steps: [.open(.text), .text("t"), .close, .open(.reasoning), .signature("call:g:s"), .close]
                    + call("c0", ["{}"])),
        ])
    func blocks(_ example: Case) {
        #expect(Self.steps(example.events) == example.steps)
    }

    @Test("a complete answer has the steps of its stream")
    func whole() {
        let events: [AnswerEvent] = [
            .reasoning("a"), .reasoningSignature("s"), .text("b"),
            Self.piece(0, "{}", id: "c0", name: "f", signature: "g:s"), .text("c"),
        ]
        var answer = Answer(model: "a/b", provider: "a")
        for event in events { answer.receive(event, keepsContent: true) }
        #expect(AnswerBlocks.steps(answer) == Self.steps(events))
    }
}
