import Testing
import UltraAPI

@testable import UltraProviders

/// Events that match the template are read by their text alone, and give the same answer as if they were parsed.
@Suite struct TextTemplateTests {
    private static func event(_ text: String, _ rest: String = #","finish_reason":null"#) -> String {
        #"{"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":""# + text + #""}"# + rest + "}]}"
    }

    private static func text(_ template: inout TextTemplate, _ json: [UInt8]) -> String? {
        json.withUnsafeBytes { template.text(of: $0) }
    }

    private static func learned(_ events: (String, String)...) -> TextTemplate {
        var template = TextTemplate()
        for (json, text) in events { Array(json.utf8).withUnsafeBytes { template.learn($0, text) } }
        return template
    }

    @Test(arguments: [
        ("Paris", "Paris"), ("", ""), (#"a \"quote\" and a \\"#, #"a "quote" and a \"#), ("тест 🙂", "тест 🙂"),
        (#"\ud83d\ude42"#, "🙂"), (#"\n"#, "\n"), (#""#, ""), ("Hello, wor", "Hello, wor"),
    ])
    func fits(_ json: String, _ text: String) {
        var template = Self.learned((Self.event("Hello"), "Hello"), (Self.event(", world"), ", world"))
        #expect(Self.text(&template, Array(Self.event(json).utf8)) == text)
    }

    @Test(arguments: [
        // An invalid string ends the shortcut: the whole event is parsed and judged.
        Array(Self.event("\u{1}").utf8), Array(Self.event(#"\x"#).utf8), Array(Self.event(#"\ud83d"#).utf8),
        Array(Self.event(#"a","role":"assistant"#).utf8), Array(Self.event(#"a\"#).utf8),
        Array(Self.event("a", #","finish_reason":"stop""#).utf8), Array("{}".utf8), [],
        Array(Self.event("a").utf8).replacing([UInt8(ascii: "a"), UInt8(ascii: "\"")], with: [0xFF, 0x22]),
        Array(Self.event("a").utf8.dropLast()), Array(Self.event("a").utf8.dropFirst()),
    ])
    func doesNotFit(_ json: [UInt8]) {
        var template = Self.learned((Self.event("Hello"), "Hello"), (Self.event(", world"), ", world"))
        #expect(Self.text(&template, json) == nil)
    }

    @Test func learnsNothingFromOneEventOrFromTheSameTwice() {
        var template = Self.learned((Self.event("a"), "a"), (Self.event("a"), "a"))
        #expect(Self.text(&template, Array(Self.event("b").utf8)) == nil)
    }

    @Test func learnsFromTextsThatBeginAndEndAlike() {
        var template = Self.learned((Self.event("abcxyz"), "abcxyz"), (Self.event("abc-xyz"), "abc-xyz"))
        #expect(Self.text(&template, Array(Self.event("q").utf8)) == "q")
        template = Self.learned((Self.event("ab"), "ab"), (Self.event("abab"), "abab"))
        #expect(Self.text(&template, Array(Self.event("q").utf8)) == "q")
    }

    @Test func aDifferenceOutsideTheTextTeachesNothing() {
        let other = #","finish_reason":null,"obfuscation":"x""#
        var template = Self.learned((Self.event("a"), "a"), (Self.event("b", other), "b"))
        #expect(Self.text(&template, Array(Self.event("c").utf8)) == nil)
        // The string that differs between two events need not be the text, so that a difference alone proves nothing.
        template = Self.learned(
            (#"{"p":"1","content":"same"}"#, "same"), (#"{"p":"2","content":"same"}"#, "same"))
        #expect(Self.text(&template, Array(#"{"p":"3","content":"same"}"#.utf8)) == nil)
    }

    /// Another member equals the text of the second event; the sample's own text shows that it is not the text.
    @Test func aMemberThatEqualsTheTextIsNotTakenForIt() {
        var template = Self.learned(
            (#"{"p":"pad","content":"same"}"#, "same"), (#"{"p":"same","content":"same"}"#, "same"))
        #expect(Self.text(&template, Array(#"{"p":"other","content":"same"}"#.utf8)) == nil)
        template = Self.learned(
            (#"{"p":"same","content":"same"}"#, "same"), (#"{"p":"pad","content":"same"}"#, "same"))
        #expect(Self.text(&template, Array(#"{"p":"other","content":"same"}"#.utf8)) == nil)
    }

    @Test func aStreamThatNeverFitsIsGivenUp() {
        var template = TextTemplate()
        for number in 0..<20 {
            let json = #"{"n":\#(number),"content":"\#(number)"}"#
            Array(json.utf8).withUnsafeBytes { template.learn($0, "\(number)") }
        }
        Array(Self.event("a").utf8).withUnsafeBytes { template.learn($0, "a") }
        Array(Self.event("b").utf8).withUnsafeBytes { template.learn($0, "b") }
        #expect(Self.text(&template, Array(Self.event("c").utf8)) == nil)
    }

    /// Text, a refusal, text in another shape, usage and the end, all through the decoder.
    @Test func aStreamThatChangesItsShapeIsReadAsItIs() throws {
        let events = [
            Self.event("One"), Self.event(" two"), Self.event(" three"), Self.event(#" \"four\""#),
            Self.event(" five", #","finish_reason":null,"x":1"#), Self.event(" six"),
            Self.event("", #","finish_reason":"stop""#), "[DONE]",
        ]
        var decoder = ReplyDecoder(OpenAIAdapter.testing(), isStream: true)
        decoder.receive(HTTPHead(status: 200), now: 0)
        var found: [AnswerEvent] = []
        for event in events { try decoder.receive(Array("data: \(event)\n\n".utf8), into: &found) }
        let texts = found.compactMap { event -> String? in
            if case .text(let text) = event { text } else { nil }
        }
        #expect(texts == ["One", " two", " three", #" "four""#, " five", " six"])
        #expect(found.last == .finish(.stop))
        #expect(decoder.isComplete)
    }
}
