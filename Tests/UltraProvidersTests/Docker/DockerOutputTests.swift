import Testing
import UltraAPI

@testable import UltraProviders

/// The output of `docker model run`, cut at any byte.
struct DockerOutputTests {
    struct Case: CustomTestStringConvertible {
        let what: String
        let output: String
        var events: [AnswerEvent]
        var testDescription: String { what }
    }

    private static func usage(_ input: Int, _ output: Int) -> AnswerEvent {
        .usage(Usage(inputTokens: input, outputTokens: output, source: .measured))
    }

    static let cases = [
        Case(what: "text and a line feed", output: "Hello é 日本\n", events: [.text("Hello é 日本")]),
        Case(what: "a line feed of the model's stays", output: "a\nb\n\n", events: [.text("a\nb\n")]),
        Case(what: "no line feed", output: "a", events: [.text("a")]),
        Case(
            what: "the count", output: "Hi\n\nToken usage: 12 prompt + 3 completion = 15 total\n",
            events: [.text("Hi"), usage(12, 3)]),
        Case(
            what: "a blank line before the count", output: "Hi\n\n\nToken usage: 12 prompt + 3 completion = 15 total\n",
            events: [.text("Hi\n"), usage(12, 3)]),
        Case(
            what: "a count that does not add up is text",
            output: "Hi\n\nToken usage: 1 prompt + 1 completion = 3 total\n",
            events: [.text("Hi\n\nToken usage: 1 prompt + 1 completion = 3 total")]),
        Case(
            what: "a count in the middle is text",
            output: "\n\nToken usage: 1 prompt + 1 completion = 2 total\nmore\n",
            events: [.text("\n\nToken usage: 1 prompt + 1 completion = 2 total\nmore")]),
        Case(
            what: "a number beyond all numbers is text",
            output: "\n\nToken usage: 99999999999999999999 prompt + 1 completion = 2 total\n",
            events: [.text("\n\nToken usage: 99999999999999999999 prompt + 1 completion = 2 total")]),
        Case(
            what: "reasoning before the text",
            output: "Thinking:\nHm\n\nso\n\n--\n\nHi\n\nToken usage: 1 prompt + 2 completion = 3 total\n",
            events: [.reasoning("Hm\n\nso"), .text("Hi"), usage(1, 2)]),
        Case(what: "reasoning alone", output: "Thinking:\nHm\n", events: [.reasoning("Hm")]),
        Case(
            what: "the mark later is text", output: "a\n\n--\n\nThinking:\nb\n",
            events: [.text("a\n\n--\n\nThinking:\nb")]),
        Case(what: "half the mark", output: "Think\n", events: [.text("Think")]),
        Case(what: "nothing", output: "\n", events: []),
        Case(what: "really nothing", output: "", events: []),
    ]

    private func events(_ bytes: [UInt8], cuts: [Int], includesReasoning: Bool = true) -> [AnswerEvent] {
        var output = DockerOutput(includesReasoning: includesReasoning)
        var events: [AnswerEvent] = []
        var start = 0
        for cut in cuts + [bytes.count] {
            output.receive(Array(bytes[start..<cut]), into: &events)
            start = cut
        }
        output.finish(into: &events)
        // Neighbouring pieces are joined, since their boundaries depend on the reads.
        return events.reduce(into: []) { joined, event in
            switch (joined.last, event) {
            case (.text(let before)?, .text(let piece)): joined[joined.count - 1] = .text(before + piece)
            case (.reasoning(let before)?, .reasoning(let piece)):
                joined[joined.count - 1] = .reasoning(before + piece)
            default: joined.append(event)
            }
        }
    }

    @Test("text, reasoning and errors are told apart, wherever the reads end", arguments: cases)
    func output(example: Case) throws {
        let bytes = Array(example.output.utf8)
        let expected = example.events + [.finish(.stop)]
        #expect(events(bytes, cuts: []) == expected)
        #expect(events(bytes, cuts: Array(bytes.indices)) == expected, "byte by byte")
        for cut in bytes.indices {
            try #require(events(bytes, cuts: [cut]) == expected, "read up to byte \(cut)")
        }
    }

    @Test("text is delivered as it arrives, except a possible beginning of a mark")
    func streams() {
        var output = DockerOutput()
        var events: [AnswerEvent] = []
        for piece in ["Hel", "lo", " \n", "wor", "ld\n\nTok", "yo", "\n"] {
            output.receive(Array(piece.utf8), into: &events)
        }
        #expect(
            events == [.text("Hel"), .text("lo"), .text(" "), .text("\nwor"), .text("ld"), .text("\n\nTokyo")])
    }

    @Test("unwanted reasoning is dropped, and counts as content all the same")
    func dropped() {
        #expect(
            events(Array("Thinking:\na\n\n--\n\nb\n".utf8), cuts: [], includesReasoning: false) == [
                .text("b"), .finish(.stop),
            ])
        var output = DockerOutput(includesReasoning: false)
        var events: [AnswerEvent] = []
        output.receive(Array("Thinking:\nabc".utf8), into: &events)
        #expect(events.isEmpty)
        #expect(output.hasContent)
    }
}
