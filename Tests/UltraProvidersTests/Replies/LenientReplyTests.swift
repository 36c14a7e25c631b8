import Testing
import UltraAPI

@testable import UltraProviders

/// Harmless flaws of replies that are accepted, and flaws that must not pass for an answer.
struct LenientReplyTests {
    static let unreadValues = [
        "NaN", "-Infinity", "Infinity", "[NaN, -Infinity,1]", #"{"a":{"b":Infinity}}"#, "-0", "1e999", "[]", "null",
    ]

    @Test("numbers that are no JSON are skipped in members that are not read", arguments: DialectReplies.all)
    func nonNumbers(dialect: DialectReplies) {
        for value in Self.unreadValues {
            let more = #","x_unknown":\#(value)"#
            let stream = dialect.piece("Hi") + dialect.end(dialect.length, more)
            for outcome in dialect.outcomes(stream, isStream: true)
                + dialect.outcomes(dialect.document("Hi", dialect.length, more), isStream: false)
            {
                #expect(outcome.events == [.text("Hi"), .finish(.length)], "\(value)")
            }
        }
    }

    @Test(
        "other invalid JSON is an error",
        arguments: ["NaNa", "nan", "+1", "--1", "-Inf", "Infinit", "undefined", "[NaN", "'x'"])
    func nonsense(value: String) {
        for dialect in DialectReplies.all {
            let body = dialect.document("Hi", dialect.length, #","x_unknown":\#(value)"#)
            for outcome in dialect.outcomes(body, isStream: false) {
                #expect(outcome.error?.code == .upstreamProtocol, "\(dialect.name)")
            }
        }
    }

    @Test("log probabilities may be infinite, before and after the text")
    func logprobs() {
        let probabilities = #""logprobs":{"content":[{"token":"\ud83c","logprob":-Infinity,"top":[NaN]}]}"#
        let body =
            #"data: {"choices":[{\#(probabilities),"delta":{"content":"a"},"index":0}]}"# + "\n\n"
            + #"data: {"choices":[{"index":0,"delta":{"content":"b"},\#(probabilities)}]}"# + "\n\n"
        for outcome in DialectReplies.chat.outcomes(body + DialectReplies.chat.end("stop", ""), isStream: true) {
            #expect(outcome.events == [.text("a"), .text("b"), .finish(.stop)])
        }
    }

    @Test("arguments with such a number are invalid JSON")
    func argumentsOfNonNumbers() {
        let body = #"{"message":{"tool_calls":[{"function":{"name":"f","arguments":{"a":NaN}}}]},"done":true}"#
        for outcome in DialectReplies.ollama.outcomes(body, isStream: false) {
            #expect(outcome.error?.code == .upstreamProtocol)
        }
    }

    static let emptyErrors = [
        "null", #""""#, "{}", "[]", "false", "0", #"{"message":null,"code":""}"#,
        #"{"message":"","code":0,"details":[],"inner":{"a":null}}"#,
    ]

    @Test("an empty error member beside a good answer is ignored", arguments: DialectReplies.all)
    func emptyErrors(dialect: DialectReplies) {
        for error in Self.emptyErrors {
            let more = #","error":\#(error)"#
            let stream = dialect.piece("Hi") + dialect.end(dialect.length, more)
            for outcome in dialect.outcomes(stream, isStream: true)
                + dialect.outcomes(dialect.document("Hi", dialect.length, more), isStream: false)
            {
                #expect(outcome.events == [.text("Hi"), .finish(.length)], "\(error)")
            }
        }
    }

    @Test("an error member with content is an error", arguments: DialectReplies.all)
    func errors(dialect: DialectReplies) {
        for error in [#""boom""#, #"{"message":"boom"}"#, #"{"code":17}"#, "true", #"[{"message":"boom"}]"#] {
            let more = #","error":\#(error)"#
            let stream = dialect.piece("Hi") + dialect.end(dialect.length, more)
            for outcome in dialect.outcomes(stream, isStream: true)
                + dialect.outcomes(dialect.document("Hi", dialect.length, more), isStream: false)
            {
                #expect(outcome.error != nil, "\(error)")
            }
        }
    }

    @Test("an event called error is an error only if it has content")
    func errorEvents() {
        let chat = DialectReplies.chat
        for data in ["", "null", "{}", #"{"error":null}"#, #"{"error":{"message":""}}"#] {
            let stream = chat.piece("Hi") + "event: error\ndata: \(data)\n\n" + chat.end("stop", "")
            for outcome in chat.outcomes(stream, isStream: true) {
                #expect(outcome.events == [.text("Hi"), .finish(.stop)], "\(data)")
            }
        }
        for data in ["out of memory", #"{"detail":"no"}"#, #"{"strange":[1]}"#, "{cut"] {
            let stream = chat.piece("Hi") + "event: error\ndata: \(data)\n\n" + chat.end("stop", "")
            for outcome in chat.outcomes(stream, isStream: true) { #expect(outcome.error != nil, "\(data)") }
        }
    }

    @Test("unimportant members of the wrong type are skipped with one warning")
    func optionalMembers() {
        let chat = DialectReplies.chat
        for member in [#""reasoning_content":[1]"#, #""reasoning":true"#, #""refusal":{}"#, #""refusal":false"#] {
            let chunk = #"data: {"choices":[{"index":"0","delta":{"content":"a",\#(member)}}]}"# + "\n\n"
            for outcome in chat.outcomes(chunk + chunk + chat.end("stop", #","usage":null"#), isStream: true) {
                #expect(outcome.text == "aa" && outcome.finish == .stop, "\(member)")
                #expect(outcome.warnings.count == 1, "\(member)")
                #expect(outcome.warnings.first?.hasPrefix("ignored_member: ") == true)
            }
        }
        for usage in ["7", #""none""#, "[]", "false"] {
            for dialect in DialectReplies.all where dialect.name != "ollama" {
                let name = dialect.name == "gemini" ? "usageMetadata" : "usage"
                let body = dialect.document("Hi", dialect.length, #","\#(name)":\#(usage)"#)
                for outcome in dialect.outcomes(body, isStream: false) {
                    #expect(outcome.text == "Hi" && outcome.warnings.count == 1, "\(dialect.name)")
                }
            }
        }
    }

    @Test(
        "content of a wrong type does not pass for an empty answer",
        arguments: [
            ("chat", #"{"choices":[{"message":{"content":7},"finish_reason":"stop"}]}"#),
            ("chat", #"{"choices":[{"message":{"content":true},"finish_reason":"stop"}]}"#),
            ("chat", #"{"choices":[{"message":{"content":[{"type":"text","text":7}]},"finish_reason":"stop"}]}"#),
            ("chat", #"{"choices":[{"message":{"content":"a"},"finish_reason":7}]}"#),
            ("anthropic", #"{"content":7,"stop_reason":"end_turn"}"#),
            ("anthropic", #"{"content":[{"type":"text","text":7}],"stop_reason":"end_turn"}"#),
            ("anthropic", #"{"content":[{"type":"text","text":"a"}],"stop_reason":7}"#),
            ("gemini", #"{"candidates":[{"content":{"parts":[{"text":7}]},"finishReason":"STOP"}]}"#),
            ("gemini", #"{"candidates":[{"content":{"parts":"a"},"finishReason":"STOP"}]}"#),
            ("cohere", #"{"message":{"content":7},"finish_reason":"COMPLETE"}"#),
            ("cohere", #"{"message":{"content":[{"text":7}]},"finish_reason":"COMPLETE"}"#),
            ("ollama", #"{"message":{"content":7},"done":true}"#),
            ("ollama", #"{"message":{"content":"a"},"done":"yes"}"#),
            ("responses", #"{"status":"completed","output":7}"#),
            (
                "responses",
                #"{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":7}]}]}"#
            ),
        ])
    func wrongContent(name: String, body: String) throws {
        let dialect = try #require(DialectReplies.all.first { $0.name == name })
        for outcome in dialect.outcomes(body, isStream: false) {
            #expect(outcome.error?.code == .upstreamProtocol)
            #expect(outcome.events.isEmpty)
        }
    }

    @Test("vectors with elements other than numbers are refused")
    func vectors() throws {
        let replies: [(any Adapter, (String) -> String)] = [
            (OpenAIAdapter.testing(), { #"{"data":[{"index":0,"embedding":[1,\#($0)]}]}"# }),
            (CohereAdapter.testing(), { #"{"embeddings":{"float":[[1,\#($0)]]}}"# }),
            (GeminiAdapter.testing(), { #"{"embeddings":[{"values":[1,\#($0)]}]}"# }),
            (OllamaAdapter.testing(), { #"{"embeddings":[[1,\#($0)]]}"# }),
        ]
        for (adapter, reply) in replies {
            for value in ["NaN", "-Infinity", "null", #""2""#, "[2]"] {
                #expect(throws: JSONError.self, "\(adapter.provider) \(value)") {
                    try JSONReader.read(reply: Array(reply(value).utf8)) { (reader) throws(JSONError) in
                        try adapter.decodeEmbeddings(&reader)
                    }
                }
            }
            let found = try JSONReader.read(reply: Array(("\u{FEFF}" + reply("2e-1").dropLast() + #","x":NaN}"#).utf8))
            {
                (reader) throws(JSONError) in try adapter.decodeEmbeddings(&reader)
            }
            #expect(found.vectors.count == 1 && found.dimensions == 2, "\(adapter.provider)")
        }
    }
}
