import Testing
import UltraAPI

@testable import UltraProviders

/// Finish reasons in the words of any provider.
struct FinishWordTests {
    static let words: [(String, FinishWord)] = [
        ("stop", .reason(.stop)), ("STOP", .reason(.stop)), ("Stop", .reason(.stop)), ("eos", .reason(.stop)),
        ("eos_token", .reason(.stop)), ("end", .reason(.stop)), ("end_turn", .reason(.stop)),
        ("endTurn", .reason(.stop)), ("stop_sequence", .reason(.stop)), ("STOP_SEQUENCE", .reason(.stop)),
        ("stop-sequence", .reason(.stop)), ("complete", .reason(.stop)), ("COMPLETE", .reason(.stop)),
        ("completed", .reason(.stop)), ("FINISH", .reason(.stop)), ("finished", .reason(.stop)),
        ("normal", .reason(.stop)), ("FINISH_REASON_STOP", .reason(.stop)), ("FinishReason.STOP", .reason(.stop)),
        ("length", .reason(.length)), ("LENGTH", .reason(.length)), ("max_tokens", .reason(.length)),
        ("MAX_TOKENS", .reason(.length)), ("maxTokens", .reason(.length)), ("max tokens", .reason(.length)),
        ("max_output_tokens", .reason(.length)), ("max_new_tokens", .reason(.length)),
        ("model_length", .reason(.length)), ("max_length", .reason(.length)), ("token_limit", .reason(.length)),
        ("limit", .reason(.length)), ("context_length_exceeded", .reason(.length)),
        ("model_context_window_exceeded", .reason(.length)), ("FinishReason.MAX_TOKENS", .reason(.length)),
        ("tool_calls", .reason(.toolCalls)), ("TOOL_CALLS", .reason(.toolCalls)), ("TOOL_CALL", .reason(.toolCalls)),
        ("tool_use", .reason(.toolCalls)), ("toolUse", .reason(.toolCalls)), ("function_call", .reason(.toolCalls)),
        ("content_filter", .reason(.contentFilter)), ("CONTENT_FILTERED", .reason(.contentFilter)),
        ("safety", .reason(.contentFilter)), ("SAFETY", .reason(.contentFilter)),
        ("RECITATION", .reason(.contentFilter)), ("BLOCKLIST", .reason(.contentFilter)),
        ("PROHIBITED_CONTENT", .reason(.contentFilter)), ("SPII", .reason(.contentFilter)),
        ("refusal", .reason(.contentFilter)), ("guardrail_intervened", .reason(.contentFilter)),
        ("sensitive", .reason(.contentFilter)), ("ERROR_TOXIC", .reason(.contentFilter)),
        ("other", .reason(.other)), ("OTHER", .reason(.other)), ("FINISH_REASON_UNSPECIFIED", .reason(.other)),
        ("pause_turn", .reason(.other)), ("unload", .reason(.other)),
        ("error", .failure), ("ERROR", .failure), ("abort", .failure), ("timeout", .failure),
        ("insufficient_system_resource", .failure), ("MALFORMED_FUNCTION_CALL", .failure),
        ("", FinishWord.none), ("null", FinishWord.none), ("not_finished", FinishWord.none),
        ("because", .unknown), ("stopping by woods", .unknown), ("停止", .unknown),
    ]

    @Test("a word means the same in any letter case and spelling", arguments: words)
    func meaning(word: String, meaning: FinishWord) {
        #expect(FinishWord(word) == meaning)
    }

    static let reasons: [(String, FinishReason)] = [
        ("Max_Tokens", .length), ("LENGTH", .length), ("end", .stop), ("STOP", .stop), ("Safety", .contentFilter),
        ("content_filter", .contentFilter),
    ]

    @Test("every API understands the words of all others, in streams and whole replies", arguments: DialectReplies.all)
    func everywhere(dialect: DialectReplies) {
        for (word, reason) in Self.reasons {
            let stream = dialect.piece("Hi") + dialect.end(word, "")
            let outcomes =
                dialect.outcomes(stream, isStream: true)
                + dialect.outcomes(dialect.document("Hi", word, ""), isStream: false)
            for outcome in outcomes {
                #expect(outcome.finish == reason && outcome.error == nil, "\(word)")
                #expect(outcome.warnings.isEmpty)
            }
        }
    }

    @Test("an unknown word gives one warning, cleaned and bounded", arguments: DialectReplies.all)
    func unknown(dialect: DialectReplies) {
        let word = #"bored\n"# + String(repeating: "!", count: 100)
        let stream = dialect.piece("Hi") + dialect.end(word, "")
        for outcome in dialect.outcomes(stream, isStream: true)
            + dialect.outcomes(dialect.document("Hi", word, ""), isStream: false)
        {
            #expect(outcome.finish == .other)
            #expect(outcome.warnings.count == 1)
            #expect(outcome.warnings.first?.hasPrefix("unknown_finish_reason: ") == true)
            #expect(outcome.warnings.first?.contains(#""bored !!!"#) == true)
            #expect(outcome.warnings.first?.utf8.count ?? 0 < 160)
        }
    }

    @Test("a chunk with null as its word does not end the stream")
    func notYet() {
        let chunk = #"data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"null"}]}"# + "\n\n"
        for outcome in DialectReplies.chat.outcomes(
            chunk + chunk + DialectReplies.chat.end("MAX_TOKENS", ""), isStream: true)
        {
            #expect(outcome.events == [.text("a"), .text("a"), .finish(.length)])
        }
    }
}
