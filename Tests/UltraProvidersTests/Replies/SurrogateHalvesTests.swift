import Testing
import UltraAPI

@testable import UltraProviders

/// Replies of servers that cut text by UTF-16 units.
struct SurrogateHalvesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let pieces: [String]
        let text: String

        var testDescription: String { pieces.joined(separator: " | ") }
    }

    static let cases = [
        Case(pieces: [#"tide \ud83c"#, #"\udf0a rises"#], text: "tide \u{1F30A} rises"),
        Case(pieces: [#"\uD83C"#, #"\uDF0A"#], text: "\u{1F30A}"),
        Case(pieces: [#"a\ud83c\udf0a"#, "b"], text: "a\u{1F30A}b"),
        Case(pieces: [#"a\ud83c"#, "b", "c"], text: "a\u{FFFD}bc"),
        Case(pieces: [#"a\ud83c"#], text: "a\u{FFFD}"),
        Case(pieces: ["a", #"\udf0ab"#], text: "a\u{FFFD}b"),
        Case(pieces: [#"a\ud83cb"#, #"\udf0ac"#], text: "a\u{FFFD}b\u{FFFD}c"),
        Case(pieces: [#"a\ud83c"#, #"\ud83c"#, #"\udf0a"#], text: "a\u{FFFD}\u{1F30A}"),
        Case(pieces: [#"a\ud83c"#, #"\udf0a\ud83c"#, #"\udf0b!"#], text: "a\u{1F30A}\u{1F30B}!"),
        Case(pieces: [#"a\ud83c"#, "", #"\udf0a"#], text: "a\u{1F30A}"),
        // Two backslashes are one character, so no escape follows.
        Case(pieces: [#"a\\ud83c"#, #"\\udf0a"#], text: #"a\ud83c\udf0a"#),
        Case(pieces: [#"a\\\ud83c"#, #"\udf0a"#], text: #"a\"# + "\u{1F30A}"),
        // Characters that the text itself contains stay.
        Case(pieces: ["a\u{FFFD}", #"\udf0a"#], text: "a\u{FFFD}\u{FFFD}"),
        Case(
            pieces: [#"one "#, #"two "#, #"three \ud83c"#, #"\udf0a four"#, " five"],
            text: "one two three \u{1F30A} four five"),
    ]

    @Test("halves that meet are joined, all others become U+FFFD, in text", arguments: DialectReplies.all)
    func text(dialect: DialectReplies) {
        for example in Self.cases {
            let stream = example.pieces.map(dialect.piece).joined() + dialect.end(dialect.length, "")
            for outcome in dialect.outcomes(stream, isStream: true) {
                #expect(Array(outcome.text.unicodeScalars) == Array(example.text.unicodeScalars), "\(example)")
                #expect(outcome.error == nil)
                #expect(outcome.events.last == .finish(.length))
            }
        }
    }

    @Test("halves that meet are joined in reasoning, whatever text comes between", arguments: DialectReplies.all)
    func reasoning(dialect: DialectReplies) throws {
        let thought = try #require(dialect.thought)
        for example in Self.cases {
            let stream =
                example.pieces.map(thought).joined(separator: dialect.piece("x")) + dialect.end(dialect.length, "")
            for outcome in dialect.outcomes(stream, isStream: true) {
                #expect(Array(outcome.reasoning.unicodeScalars) == Array(example.text.unicodeScalars), "\(example)")
                #expect(outcome.text.allSatisfy { $0 == "x" })
                #expect(outcome.error == nil)
            }
        }
    }

    @Test("halves alone become U+FFFD in a whole reply", arguments: DialectReplies.all)
    func document(dialect: DialectReplies) {
        for outcome in dialect.outcomes(
            dialect.document(#"costs \udcaf 5\ud83c"#, dialect.length, #","x":["\ud83c",{"\udf0a":1}]"#),
            isStream: false)
        {
            #expect(
                outcome.events.filter { if case .text = $0 { true } else { false } } == [
                    .text("costs \u{FFFD} 5"), .text("\u{FFFD}"),
                ])
            #expect(outcome.error == nil)
        }
    }

    @Test("halves in members that are not read are harmless", arguments: DialectReplies.all)
    func unread(dialect: DialectReplies) {
        let stream = dialect.piece("Hi") + dialect.end(dialect.length, #","logprobs":{"token":"\ud83c"}"#)
        for outcome in dialect.outcomes(stream, isStream: true) {
            #expect(outcome.events == [.text("Hi"), .finish(.length)])
        }
    }

    @Test("the arguments of each call are joined by themselves")
    func arguments() {
        func piece(_ index: Int, _ arguments: String) -> String {
            #"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":\#(index),"id":"c\#(index)","function":"#
                + #"{"name":"f","arguments":"\#(arguments)"}}]}}]}"# + "\n\n"
        }
        let stream =
            piece(0, #"{\"a\":\"\ud83c"#) + piece(1, #"{\"b\":\"\ud83d"#) + piece(0, #"\udf0a\"}"#)
            + piece(1, #"x\"}"#) + DialectReplies.chat.end("tool_calls", "")
        for outcome in DialectReplies.chat.outcomes(stream, isStream: true) {
            var arguments = ["", ""]
            for case .toolCall(let call) in outcome.events { arguments[call.index] += call.arguments }
            #expect(arguments == ["{\"a\":\"\u{1F30A}\"}", "{\"b\":\"\u{FFFD}x\"}"])
        }
    }

    @Test("arguments that come as an object have no halves left")
    func objectArguments() {
        let body =
            #"{"message":{"tool_calls":[{"function":{"name":"f","arguments":{"a":"\ud83c","b":"\ud83c\udf0a"}}}]},"#
            + #""done":true}"#
        for outcome in DialectReplies.ollama.outcomes(body, isStream: false) {
            var arguments = ""
            for case .toolCall(let call) in outcome.events { arguments += call.arguments }
            #expect(arguments == #"{"a":"\ufffd","b":"\ud83c\udf0a"}"#)
        }
    }

    @Test("an error's message survives its halves")
    func error() {
        let body = Array(#"{"error":{"message":"too hot \ud83c","type":"x"}}"#.utf8)
        let error = body.withUnsafeBytes { ErrorBody($0) }
        #expect(error.message == "too hot \u{FFFD}")
    }
}
