import UltraAPI

/// The meaning of a provider's finish reason.
///
/// All providers share one table, because gateways pass on the reason of the provider behind them, in its spelling or
/// their own. No word means different things to two providers.
enum FinishWord: Equatable {
    case reason(FinishReason)
    /// The reply failed. Its error object, if any, has the details.
    case failure
    /// The reply is not finished: the value that some servers send instead of null.
    case none
    case unknown

    init(_ word: String) {
        self = Self.words[word] ?? Self.words[Self.key(word)] ?? .unknown
    }

    /// The letters and digits of `word`, so that `MAX_TOKENS`, `max-tokens`, `maxTokens` and `FinishReason.MAX_TOKENS`
    /// are equal.
    private static func key(_ word: String) -> String {
        let key = String(word.prefix(64).lowercased().filter { $0.isLetter || $0.isNumber })
        let mark = "finishreason"
        return key.hasPrefix(mark) ? String(key.dropFirst(mark.count)) : key
    }

    private static let words: [String: FinishWord] = {
        var words: [String: FinishWord] = [:]
        for (meaning, spellings) in spellings {
            for spelling in spellings.split(separator: " ") {
                // As providers write it too: reading a word letter by letter costs more than the rest of its event.
                words[String(spelling)] = meaning
                words[key(String(spelling))] = meaning
            }
        }
        words[""] = FinishWord.none
        return words
    }()

    /// The values of OpenAI, Anthropic, Google, Cohere, Mistral, Ollama, Bedrock (Claude, Titan, Jurassic), Groq, xAI,
    /// DeepSeek, Together, watsonx, DashScope, Zhipu, MiniMax, Baidu, vLLM, SGLang, TGI and llama.cpp.
    private static let spellings: [(FinishWord, String)] = [
        (
            .reason(.stop),
            """
            stop stopped stops eos eos_token eot end_of_text endoftext end ended end_turn end_of_turn stop_sequence \
            stop_sequences stop_token stop_str stop_word word complete completed completion finish finished done normal \
            success ok natural stop_criteria_met
            """
        ),
        (
            .reason(.length),
            """
            length max_tokens max_token max_output_tokens max_output max_completion_tokens max_new_tokens max_length \
            max_context_length model_length token_limit token_limit_reached length_limit limit context_length \
            context_length_exceeded context_window context_window_exceeded model_context_window_exceeded \
            max_tokens_reached max_tokens_exceeded truncated truncation incomplete cut_off continuation error_limit \
            time_limit
            """
        ),
        (
            .reason(.toolCalls),
            """
            tool_calls tool_call tool_use tool_uses tools tool function_call function_calls function function_calling \
            tool_calling
            """
        ),
        (
            .reason(.contentFilter),
            """
            content_filter content_filtered content_filtering content_policy content_policy_violation content_moderation \
            filter filtered safety safety_filter refusal refused recitation blocklist blocked prohibited_content \
            prohibited spii sensitive moderation moderated flagged guardrail guardrails guardrail_intervened \
            guardrails_intervened image_safety image_prohibited_content image_recitation escalation \
            pup_limited_disabled model_armor jailbreak error_toxic violation
            """
        ),
        // Known reasons other than those four.
        (
            .reason(.other),
            """
            other unknown unspecified pause_turn compaction load unload user_cancel \
            user_cancelled
            """
        ),
        (
            .failure,
            """
            error errors failed failure abort aborted cancelled canceled timeout timed_out network_error server_error \
            internal_error internal_server_error model_error engine_error insufficient_system_resource overloaded \
            malformed_function_call malformed_tool_call malformed_tool_use malformed_model_output unexpected_tool_call \
            too_many_tool_calls invalid_tool_call missing_thought_signature malformed_response language no_image \
            image_other
            """
        ),
        (.none, "null none nil not_finished in_progress generating"),
    ]
}

extension ReplyState {
    /// Sets the finish reason from the provider's word. An unknown word becomes `other`, with a warning.
    mutating func finish(_ word: String) {
        switch FinishWord(word) {
        case .reason(let reason): finish(reason)
        case .failure: reportError()
        case .none: break
        case .unknown:
            finish(.other)
            let shown = ErrorText.cleaned(word, key: nil, limitBytes: 64)
            warn("unknown_finish_reason", "the provider ended the answer for the unknown reason \"\(shown)\"")
        }
    }
}
