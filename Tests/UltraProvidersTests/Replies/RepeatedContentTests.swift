import Testing
import UltraAPI

@testable import UltraProviders

/// Content that servers repeat as a whole beside its pieces, or send instead of them: each dialect delivers it exactly
/// once.
@Suite struct RepeatedContentTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let rule: String
        let adapter: any Adapter
        var isStream = true
        let body: String
        var text = ""
        var reasoning = ""
        /// Names and arguments.
        var calls: [[String]] = []
        var signatures: [String] = []
        var finish: FinishReason? = .stop
        var error: ErrorCode?
        var warning: String?
        var testDescription: String { "\(adapter.provider): \(rule)" }
    }

    /// The events of a stream without event names, which most servers leave out.
    static func events(_ data: String...) -> String {
        data.map { "data: \($0)\n\n" }.joined()
    }

    static func lines(_ lines: String...) -> String {
        lines.map { "\($0)\n" }.joined()
    }

    // MARK: - Chat Completions

    private static let chat: any Adapter = OpenAIAdapter.testing(provider: "chat", dialect: Dialect())

    static func choice(_ members: String, finish: String? = nil) -> String {
        let reason = finish.map { "\"\($0)\"" } ?? "null"
        return #"{"choices":[{"index":0,\#(members),"finish_reason":\#(reason)}]}"#
    }

    private static let asked = #"[{"id":"a","function":{"name":"look","arguments":"{\"at\":3}"}}]"#

    static let chatCases = [
        Case(
            rule: "the text so far stands beside each piece", adapter: chat,
            body: events(
                choice(#""delta":{"content":"Low"},"message":{"content":"Low"}"#),
                choice(#""message":{"content":"Low water"},"delta":{"content":" water"}"#),
                choice(#""delta":{},"message":{"content":"Low water"}"#, finish: "stop"), "[DONE]"),
            text: "Low water"),
        Case(
            rule: "the whole stands in the last chunk, and has more", adapter: chat,
            body: events(
                choice(#""delta":{"content":"Low"}"#),
                choice(#""message":{"content":"Low water at six"}"#, finish: "stop")),
            text: "Low water at six"),
        Case(
            rule: "the text so far stands in place of pieces", adapter: chat,
            body: events(
                choice(#""message":{"content":"Low"}"#), choice(#""message":{"content":"Low water"}"#),
                choice(#""message":{"content":"Low water"}"#, finish: "stop")),
            text: "Low water"),
        Case(
            rule: "pieces stand under message", adapter: chat,
            body: events(
                choice(#""message":{"content":"Low"}"#), choice(#""message":{"content":" water"}"#, finish: "stop")),
            text: "Low water"),
        Case(
            rule: "a message that says it otherwise adds nothing to pieces", adapter: chat,
            body: events(
                choice(#""delta":{"content":" Low water "}"#),
                choice(#""message":{"content":"Low water"}"#, finish: "stop")),
            text: " Low water "),
        Case(
            rule: "reasoning and calls of the last chunk were told", adapter: chat,
            body: events(
                choice(#""delta":{"reasoning_content":"Hm"}"#),
                choice(
                    #""delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"look","arguments":"{\"at\""}}]}"#),
                choice(#""delta":{"tool_calls":[{"index":0,"function":{"arguments":":3}"}}]}"#),
                choice(
                    #""message":{"content":null,"reasoning_content":"Hm","tool_calls":\#(asked)}"#, finish: "tool_calls"
                )),
            reasoning: "Hm", calls: [["look", #"{"at":3}"#]], finish: .toolCalls),
        Case(
            rule: "calls of the last chunk were not told", adapter: chat,
            body: events(
                choice(#""delta":{"content":"Let me see."}"#),
                choice(#""message":{"content":"Let me see.","tool_calls":\#(asked)}"#, finish: "tool_calls")),
            text: "Let me see.", calls: [["look", #"{"at":3}"#]], finish: .toolCalls),
        Case(
            rule: "the text stands at the choice", adapter: chat,
            body: events(
                choice(#""text":"Low""#), choice(#""text":" water""#), choice(#""text":"""#, finish: "stop"), "[DONE]"),
            text: "Low water"),
        Case(
            rule: "the text stands at the choice as well", adapter: chat,
            body: events(
                choice(#""delta":{"content":"Low"},"text":"Low""#),
                choice(#""delta":{"content":" water"},"text":" water""#, finish: "stop")),
            text: "Low water"),
        Case(
            rule: "the text of a document stands at the choice", adapter: chat, isStream: false,
            body: choice(#""text":"Low water""#, finish: "stop"), text: "Low water"),
        Case(
            rule: "reasoning stands in a tag as well", adapter: chat, isStream: false,
            body: choice(
                #""message":{"reasoning_content":"Hm.","content":"<think>\nHm.\n</think>\n\nLow"}"#, finish: "stop"),
            text: "Low", reasoning: "Hm."),
        Case(
            rule: "reasoning stands in a tag as well, piece by piece", adapter: chat,
            body: events(
                choice(#""delta":{"reasoning_content":"Hm","content":"<think>Hm"}"#),
                choice(#""delta":{"reasoning_content":", so","content":", so"}"#),
                choice(#""delta":{"content":"</think>Low"}"#, finish: "stop")),
            text: "Low", reasoning: "Hm, so"),
        Case(
            rule: "reasoning stands in a tag first", adapter: chat,
            body: events(
                choice(#""delta":{"content":"<think>Hm, so</think>Low"}"#),
                choice(#""delta":{"reasoning_content":"Hm,"}"#), choice(#""delta":{"reasoning_content":" so"}"#),
                choice(#""delta":{}"#, finish: "stop")),
            text: "Low", reasoning: "Hm, so"),
        Case(
            rule: "a tag that says something else is told too", adapter: chat,
            body: events(
                choice(#""delta":{"reasoning_content":"One."}"#),
                choice(#""delta":{"content":"<think>Two.</think>Low"}"#, finish: "stop")),
            text: "Low", reasoning: "One.Two."),
        Case(
            rule: "a tag that says more is told to its end", adapter: chat,
            body: events(
                choice(#""delta":{"reasoning_content":"One."}"#),
                choice(#""delta":{"content":"<think>One. Two.</think>Low"}"#, finish: "stop")),
            text: "Low", reasoning: "One. Two."),
        Case(
            rule: "no arguments are an empty object, whatever they are", adapter: chat,
            body: events(
                choice(#""delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":null}}]}"#),
                choice(#""delta":{"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":"null"}}]}"#),
                choice(#""delta":{"tool_calls":[{"index":2,"id":"c","function":{"name":"h"}}]}"#, finish: "tool_calls")),
            calls: [["f", "{}"], ["g", "{}"], ["h", "{}"]], finish: .toolCalls),
        Case(
            rule: "no arguments of a document neither", adapter: chat, isStream: false,
            body: choice(
                #""message":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":null}},{"id":"b","function":{"name":"g","arguments":"null"}},{"id":"c","function":{"name":"h","arguments":""}}]}"#,
                finish: "tool_calls"),
            calls: [["f", "{}"], ["g", "{}"], ["h", "{}"]], finish: .toolCalls),
        Case(
            rule: "calls of a document that share an id", adapter: chat, isStream: false,
            body: choice(
                #""message":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"a","function":{"name":"f","arguments":"{\"x\":2}"}},{"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}]}"#,
                finish: "tool_calls"),
            calls: [["f", #"{"x":1}"#], ["f", #"{"x":2}"#]], finish: .toolCalls),
        Case(
            rule: "an end for calls that do not come", adapter: chat,
            body: events(choice(#""delta":{"content":"I will look."}"#, finish: "tool_calls"), "[DONE]"),
            text: "I will look.", finish: nil, error: .streamTruncated),
        Case(
            rule: "a document that ends for calls and has none", adapter: chat, isStream: false,
            body: choice(#""message":{"content":"I will look."}"#, finish: "tool_calls"), finish: nil,
            error: .streamTruncated),
        Case(
            rule: "a call is cut", adapter: chat,
            body: events(
                choice(
                    #""delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":"}}]}"#,
                    finish: "tool_calls"), "[DONE]"),
            calls: [["f", #"{"x":"#]], finish: nil, error: .streamTruncated),
        Case(
            rule: "a call of a document is cut", adapter: chat, isStream: false,
            body: choice(
                #""message":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{\"x\":"}}]}"#, finish: "stop"),
            finish: nil, error: .streamTruncated),
        Case(
            rule: "a call is cut, and the provider says so", adapter: chat,
            body: events(
                choice(
                    #""delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":"}}]}"#,
                    finish: "length")),
            calls: [["f", #"{"x":"#]], finish: .length),
        Case(
            rule: "the end marker comes without a reason", adapter: chat,
            body: events(choice(#""delta":{"content":"Low"}"#), "[DONE]"), text: "Low", finish: .other,
            warning: "no_finish_reason"),
        Case(
            rule: "a document has no reason", adapter: chat, isStream: false,
            body: choice(#""message":{"content":"Low"}"#), text: "Low", finish: .other, warning: "no_finish_reason"),
    ]

    // MARK: - Responses

    private static let responses: any Adapter = ResponsesAdapter(OpenAIAdapter.testing(provider: "responses"))

    static func event(_ type: String, _ members: String) -> String {
        #"{"type":"response.\#(type)",\#(members)}"#
    }

    private static let ended = event("completed", #""response":{"status":"completed"}"#)
    private static let tide =
        #"{"type":"message","content":[{"type":"output_text","text":"Low"},{"type":"output_text","text":" water"}]}"#
    private static let look =
        #"{"type":"function_call","id":"fc","call_id":"c","name":"look","arguments":"{\"at\":3}"}"#
    private static let hm =
        #"{"type":"reasoning","id":"rs","summary":[{"type":"summary_text","text":"Hm."},{"type":"summary_text","text":"So."}],"encrypted_content":"gA"}"#
    private static let proof = #"{"id":"rs","encrypted_content":"gA"}"#

    static let responsesCases = [
        Case(
            rule: "parts are told by their ends alone", adapter: responses,
            body: events(
                event("output_text.done", #""output_index":0,"content_index":0,"text":"Low""#),
                event(
                    "content_part.done",
                    #""output_index":0,"content_index":1,"part":{"type":"output_text","text":" water"}"#),
                event("output_item.done", #""output_index":0,"item":\#(tide)"#), ended),
            text: "Low water"),
        Case(
            rule: "an item is told by its end alone, after another that came in pieces", adapter: responses,
            body: events(
                event("output_text.delta", #""output_index":0,"content_index":0,"delta":"First: ""#),
                event("output_text.done", #""output_index":0,"content_index":0,"text":"First: ""#),
                event("output_item.done", #""output_index":1,"item":\#(tide)"#), ended),
            text: "First: Low water"),
        Case(
            rule: "the end of a part has more than its pieces", adapter: responses,
            body: events(
                event("output_text.delta", #""output_index":0,"content_index":0,"delta":"Low""#),
                event("output_text.done", #""output_index":0,"content_index":0,"text":"Low wa""#),
                event(
                    "completed",
                    #""response":{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"Low water"}]}]}"#
                )),
            text: "Low water"),
        Case(
            rule: "all of it comes at the end", adapter: responses,
            body: events(event("completed", #""response":{"status":"completed","output":[\#(hm),\#(tide),\#(look)]}"#)),
            text: "Low water", reasoning: "Hm.\n\nSo.", calls: [["look", #"{"at":3}"#]], signatures: [proof],
            finish: .toolCalls),
        Case(
            rule: "everything comes in pieces, at each end and at the end", adapter: responses,
            body: events(
                event("reasoning_summary_text.delta", #""output_index":0,"summary_index":0,"delta":"Hm.""#),
                event("reasoning_summary_text.done", #""output_index":0,"summary_index":0,"text":"Hm.""#),
                event("reasoning_summary_part.added", #""output_index":0,"summary_index":1"#),
                event("reasoning_summary_text.delta", #""output_index":0,"summary_index":1,"delta":"So.""#),
                event(
                    "reasoning_summary_part.done",
                    #""output_index":0,"summary_index":1,"part":{"type":"summary_text","text":"So."}"#),
                event("output_item.done", #""output_index":0,"item":\#(hm)"#),
                event("output_text.delta", #""output_index":1,"content_index":0,"delta":"Low""#),
                event("output_text.delta", #""output_index":1,"content_index":1,"delta":" water""#),
                event("output_item.done", #""output_index":1,"item":\#(tide)"#),
                event(
                    "output_item.added",
                    #""output_index":2,"item":{"type":"function_call","call_id":"c","name":"look","arguments":""}"#),
                event("function_call_arguments.delta", #""output_index":2,"delta":"{\"at\":""#),
                event("function_call_arguments.delta", #""output_index":2,"delta":"3}""#),
                event("function_call_arguments.done", #""output_index":2,"arguments":"{\"at\":3}""#),
                event("output_item.done", #""output_index":2,"item":\#(look)"#),
                event("completed", #""response":{"status":"completed","output":[\#(hm),\#(tide),\#(look)]}"#)),
            text: "Low water", reasoning: "Hm.\n\nSo.", calls: [["look", #"{"at":3}"#]], signatures: [proof],
            finish: .toolCalls),
        Case(
            rule: "the end leaves the reasoning out, so that its numbers are others", adapter: responses,
            body: events(
                event("output_text.delta", #""output_index":1,"content_index":0,"delta":"Low water""#),
                event(
                    "output_item.added",
                    #""output_index":2,"item":{"type":"function_call","call_id":"c","name":"look","arguments":""}"#),
                event("function_call_arguments.delta", #""output_index":2,"delta":"{\"at\":3}""#),
                event("completed", #""response":{"status":"completed","output":[\#(tide),\#(look)]}"#)),
            text: "Low water", calls: [["look", #"{"at":3}"#]], finish: .toolCalls),
        Case(
            rule: "pieces bring no numbers", adapter: responses,
            body: events(
                event("output_text.delta", #""delta":"Low""#), event("output_text.delta", #""delta":" water""#),
                event("output_text.done", #""output_index":1,"content_index":0,"text":"Low water""#),
                event("output_item.added", #""item":{"type":"function_call","call_id":"c","name":"look"}"#),
                event("function_call_arguments.delta", #""delta":"{\"at\":3}""#), ended),
            text: "Low water", calls: [["look", #"{"at":3}"#]], finish: .toolCalls),
        Case(
            rule: "arguments that the start has and the pieces repeat", adapter: responses,
            body: events(
                event("output_item.added", #""output_index":0,"item":\#(look)"#),
                event("function_call_arguments.delta", #""output_index":0,"delta":"{\"at\":3}""#), ended),
            calls: [["look", #"{"at":3}"#]], finish: .toolCalls),
        Case(
            rule: "a refusal is told by its end alone", adapter: responses,
            body: events(event("refusal.done", #""output_index":0,"content_index":0,"refusal":"No.""#), ended),
            text: "No.", finish: .contentFilter),
        Case(
            rule: "a call is cut", adapter: responses,
            body: events(
                event(
                    "output_item.added",
                    #""output_index":0,"item":{"type":"function_call","call_id":"c","name":"look"}"#),
                event("function_call_arguments.delta", #""output_index":0,"delta":"{\"at\":""#), ended),
            calls: [["look", #"{"at":"#]], finish: nil, error: .streamTruncated),
        Case(
            rule: "no arguments of a document", adapter: responses, isStream: false,
            body:
                #"{"status":"completed","output":[{"type":"function_call","call_id":"c","name":"look","arguments":null}]}"#,
            calls: [["look", "{}"]], finish: .toolCalls),
    ]

    // MARK: - Anthropic

    private static let anthropic: any Adapter = AnthropicAdapter.testing()

    static func block(_ index: Int, _ start: String, _ deltas: String...) -> String {
        events(#"{"type":"content_block_start","index":\#(index),"content_block":\#(start)}"#)
            + deltas.map { events(#"{"type":"content_block_delta","index":\#(index),"delta":\#($0)}"#) }.joined()
            + events(#"{"type":"content_block_stop","index":\#(index)}"#)
    }

    static func stop(_ reason: String?) -> String {
        let delta = reason.map { #"{"stop_reason":"\#($0)"}"# } ?? "{}"
        return events(#"{"type":"message_delta","delta":\#(delta)}"#, #"{"type":"message_stop"}"#)
    }

    static let anthropicCases = [
        Case(
            rule: "a call without input, and its pieces", adapter: anthropic,
            body: block(
                0, #"{"type":"tool_use","id":"t","name":"look"}"#,
                #"{"type":"input_json_delta","partial_json":"{\"at\":3}"}"#) + stop("tool_use"),
            calls: [["look", #"{"at":3}"#]], finish: .toolCalls),
        Case(
            rule: "a call without anything", adapter: anthropic,
            body: block(0, #"{"type":"tool_use","id":"t","name":"look"}"#)
                + block(1, #"{"type":"tool_use","id":"u","name":"look","input":null}"#) + stop("tool_use"),
            calls: [["look", "{}"], ["look", "{}"]], finish: .toolCalls),
        Case(
            rule: "input at the start, and again in pieces", adapter: anthropic,
            body: block(
                0, #"{"type":"tool_use","id":"t","name":"look","input":{"at": 3}}"#,
                #"{"type":"input_json_delta","partial_json":"{\"at\""}"#,
                #"{"type":"input_json_delta","partial_json":":3}"}"#) + stop("tool_use"),
            calls: [["look", #"{"at":3}"#]], finish: .toolCalls),
        Case(
            rule: "text and thinking at the start, and again in pieces", adapter: anthropic,
            body: block(
                0, #"{"type":"thinking","thinking":"Hm, so","signature":"sig"}"#,
                #"{"type":"thinking_delta","thinking":"Hm,"}"#, #"{"type":"thinking_delta","thinking":" so"}"#,
                #"{"type":"signature_delta","signature":"sig"}"#)
                + block(
                    1, #"{"type":"text","text":"Low water"}"#, #"{"type":"text_delta","text":"Low"}"#,
                    #"{"type":"text_delta","text":" water"}"#) + stop("end_turn"),
            text: "Low water", reasoning: "Hm, so", signatures: ["sig"]),
        Case(
            rule: "text at the start alone, or going on", adapter: anthropic,
            body: block(0, #"{"type":"text","text":"Low"}"#)
                + block(1, #"{"type":"text","text":" wa"}"#, #"{"type":"text_delta","text":"ter"}"#)
                + stop("end_turn"), text: "Low water"),
        Case(
            rule: "a message in a stream's place", adapter: anthropic,
            body: events(
                #"{"type":"message","content":[{"type":"thinking","thinking":"Hm","signature":"s"},{"type":"text","text":"Low"},{"type":"tool_use","id":"t","name":"look","input":{"at":3}}],"stop_reason":"tool_use"}"#
            ), text: "Low", reasoning: "Hm", calls: [["look", #"{"at":3}"#]], signatures: ["s"], finish: .toolCalls),
        Case(
            rule: "a message at the end of a stream", adapter: anthropic,
            body: block(0, #"{"type":"text","text":""}"#, #"{"type":"text_delta","text":"Low"}"#)
                + events(
                    #"{"type":"message","content":[{"type":"text","text":"Low water"},{"type":"tool_use","id":"t","name":"look","input":{}}],"stop_reason":"tool_use"}"#
                ), text: "Low water", calls: [["look", "{}"]], finish: .toolCalls),
        Case(
            rule: "the start of the message has its content", adapter: anthropic,
            body: events(
                #"{"type":"message_start","message":{"content":[{"type":"text","text":"Low"},{"type":"tool_use","id":"t","name":"look","input":{"at":3}}]}}"#
            ) + stop("tool_use"), text: "Low", calls: [["look", #"{"at":3}"#]], finish: .toolCalls),
        Case(
            rule: "a document's call without input", adapter: anthropic, isStream: false,
            body:
                #"{"type":"message","content":[{"type":"tool_use","id":"t","name":"look"}],"stop_reason":"tool_use"}"#,
            calls: [["look", "{}"]], finish: .toolCalls),
        Case(
            rule: "an end for a call that does not come", adapter: anthropic,
            body: block(0, #"{"type":"text","text":"Low"}"#) + stop("tool_use"), text: "Low", finish: nil,
            error: .streamTruncated),
        Case(
            rule: "a call is cut", adapter: anthropic,
            body: block(
                0, #"{"type":"tool_use","id":"t","name":"look","input":{}}"#,
                #"{"type":"input_json_delta","partial_json":"{\"at\""}"#) + stop("tool_use"),
            calls: [["look", #"{"at""#]], finish: nil, error: .streamTruncated),
        Case(
            rule: "an end without a reason", adapter: anthropic,
            body: block(0, #"{"type":"text","text":"Low"}"#) + stop(nil), text: "Low", finish: .other,
            warning: "no_finish_reason"),
    ]

    // MARK: - Gemini, Cohere, Ollama

    private static let gemini: any Adapter = GeminiAdapter.testing()
    private static let cohere: any Adapter = CohereAdapter.testing()
    private static let ollama: any Adapter = OllamaAdapter.testing()

    static func candidate(_ parts: String, finish: String? = nil) -> String {
        let reason = finish.map { #","finishReason":"\#($0)""# } ?? ""
        return #"{"candidates":[{"content":{"parts":[\#(parts)]}\#(reason),"index":0}]}"#
    }

    static let otherCases = [
        Case(
            rule: "the last chunk has everything", adapter: gemini,
            body: events(
                candidate(#"{"text":"Hm, I think.","thought":true},{"text":"Low wa"}"#), candidate(#"{"text":"ter"}"#),
                candidate(
                    #"{"text":"Hm, I think.","thought":true},{"text":"Low water"},{"functionCall":{"name":"look","args":{"at":3}}}"#,
                    finish: "STOP")),
            text: "Low water", reasoning: "Hm, I think.", calls: [["look", #"{"at":3}"#]], finish: .toolCalls),
        Case(
            rule: "the last chunk is a piece", adapter: gemini,
            body: events(
                candidate(#"{"text":"ha"}"#), candidate(#"{"text":"ha"}"#, finish: "STOP")), text: "haha"),
        Case(
            rule: "the last chunk tells the call again", adapter: gemini,
            body: events(
                candidate(#"{"functionCall":{"name":"look","args":{"at":3}}}"#),
                candidate(#"{"functionCall":{"name":"look","args":{"at":3}}}"#, finish: "STOP")),
            calls: [["look", #"{"at":3}"#]], finish: .toolCalls),
        Case(
            rule: "calls without arguments, with and without ids", adapter: gemini,
            body: events(
                candidate(#"{"functionCall":{"name":"roll"}},{"functionCall":{"name":"roll","args":null}}"#),
                candidate(#"{"functionCall":{"id":"x","name":"roll","args":{}}}"#, finish: "STOP")),
            calls: [["roll", "{}"], ["roll", "{}"], ["roll", "{}"]], finish: .toolCalls),
        Case(
            rule: "the end has everything", adapter: cohere,
            body: events(
                #"{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}"#,
                #"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"Low wa"}}}}"#,
                #"{"type":"message-end","delta":{"finish_reason":"TOOL_CALL","message":{"content":[{"type":"text","text":"Low water"}],"tool_calls":[{"id":"a","function":{"name":"look","arguments":"{\"at\":3}"}}]}}}"#
            ), text: "Low water", calls: [["look", #"{"at":3}"#]], finish: .toolCalls),
        Case(
            rule: "a unary reply in a stream", adapter: cohere,
            body: events(
                #"{"id":"x","message":{"role":"assistant","content":[{"type":"text","text":"Low"}]},"finish_reason":"COMPLETE"}"#
            ), text: "Low"),
        Case(
            rule: "text at the start, and again in pieces", adapter: cohere,
            body: events(
                #"{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":"Low water"}}}}"#,
                #"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"Low"}}}}"#,
                #"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":" water"}}}}"#,
                #"{"type":"content-end","index":0}"#, #"{"type":"message-end","delta":{"finish_reason":"COMPLETE"}}"#),
            text: "Low water"),
        Case(
            rule: "arguments at the start, and again in pieces", adapter: cohere,
            body: events(
                #"{"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"a","function":{"name":"look","arguments":"{\"at\":3}"}}}}}"#,
                #"{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{\"at\":3}"}}}}}"#,
                #"{"type":"message-end","delta":{"finish_reason":"TOOL_CALL"}}"#),
            calls: [["look", #"{"at":3}"#]], finish: .toolCalls),
        Case(
            rule: "an end for a call that does not come", adapter: cohere,
            body: events(#"{"type":"message-end","delta":{"finish_reason":"TOOL_CALL"}}"#), finish: nil,
            error: .streamTruncated),
        Case(
            rule: "an end without a reason", adapter: cohere,
            body: events(
                #"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"Low"}}}}"#,
                #"{"type":"message-end","delta":{}}"#),
            text: "Low", finish: .other, warning: "no_finish_reason"),
        Case(
            rule: "no arguments of a document", adapter: cohere, isStream: false,
            body:
                #"{"message":{"tool_calls":[{"id":"a","function":{"name":"look","arguments":null}},{"id":"b","function":{"name":"look","arguments":"null"}}]},"finish_reason":"TOOL_CALL"}"#,
            calls: [["look", "{}"], ["look", "{}"]], finish: .toolCalls),
        Case(
            rule: "thinking stands in a tag as well", adapter: ollama,
            body: lines(
                #"{"message":{"thinking":"Hm, "}}"#, #"{"message":{"thinking":"so."}}"#,
                #"{"message":{"content":"<think>Hm, so."}}"#, #"{"message":{"content":"</think>\n\nLow"}}"#,
                #"{"message":{"content":" water"},"done":true,"done_reason":"stop"}"#),
            text: "Low water", reasoning: "Hm, so."),
        Case(
            rule: "a tag alone is the text's own", adapter: ollama,
            body: lines(
                #"{"message":{"content":"<think>Hm.</think>"}}"#,
                #"{"message":{"content":"Low"},"done":true,"done_reason":"stop"}"#),
            text: "<think>Hm.</think>Low"),
        Case(
            rule: "the last line has everything", adapter: ollama,
            body: lines(
                #"{"message":{"thinking":"Hm, I think."}}"#, #"{"message":{"content":"Low wa"}}"#,
                #"{"message":{"content":"ter"}}"#,
                #"{"message":{"thinking":"Hm, I think.","content":"Low water at six"},"done":true,"done_reason":"stop"}"#
            ),
            text: "Low water at six", reasoning: "Hm, I think."),
        Case(
            rule: "the last line tells the calls again", adapter: ollama,
            body: lines(
                #"{"message":{"tool_calls":[{"function":{"name":"look","arguments":{"at":3}}}]}}"#,
                #"{"message":{"tool_calls":[{"function":{"name":"look","arguments":{"at":3}}}]},"done":true}"#),
            calls: [["look", #"{"at":3}"#]], finish: .toolCalls),
        Case(
            rule: "the last line has a call of its own", adapter: ollama,
            body: lines(
                #"{"message":{"tool_calls":[{"function":{"name":"roll","arguments":null}}]}}"#,
                #"{"message":{"tool_calls":[{"function":{"name":"roll","arguments":{}}}]},"done":true}"#),
            calls: [["roll", "{}"], ["roll", "{}"]], finish: .toolCalls),
    ]

    // MARK: - Checks

    @Test(
        "content sent as a whole is delivered once",
        arguments: chatCases + responsesCases + anthropicCases + otherCases)
    func delivered(example: Case) {
        let body = Array(example.body.utf8)
        for cuts in [[], Array(body.indices)] {
            let outcome = Outcome(
                example.adapter, isStream: example.isStream, head: HTTPHead(status: 200), body: body[...], cuts: cuts)
            var answer = Answer(model: "", provider: "")
            var signatures: [String] = []
            for event in outcome.events {
                answer.receive(event, keepsContent: true)
                if case .reasoningSignature(let signature) = event { signatures.append(signature) }
            }
            #expect(answer.text == example.text)
            #expect(answer.reasoning.map(\.text).joined() == example.reasoning)
            #expect(answer.toolCalls.map { [$0.name, $0.arguments] } == example.calls)
            #expect(Set(answer.toolCalls.map(\.id)).count == answer.toolCalls.count)
            #expect(signatures == example.signatures)
            let reasons = outcome.events.compactMap { event -> FinishReason? in
                if case .finish(let reason) = event { reason } else { nil }
            }
            #expect(reasons == (example.finish.map { [$0] } ?? []))
            #expect(outcome.error?.code == example.error)
            #expect(answer.warnings.map { $0.prefix { $0 != ":" } } == (example.warning.map { [Substring($0)] } ?? []))
        }
    }

    @Test("more calls than an answer may have are an error of their own")
    func callLimit() {
        let calls = (0...CallAssembly.limit).map { #"{"id":"i\#($0)","function":{"name":"f","arguments":"{}"}}"# }
        let document = Self.choice(
            #""message":{"tool_calls":[\#(calls.joined(separator: ","))]}"#, finish: "tool_calls")
        let outcome = Outcome(
            Self.chat, isStream: false, head: HTTPHead(status: 200), body: Array(document.utf8)[...])
        #expect(outcome.error?.code == .upstreamProtocol)
        #expect(outcome.error?.message == "chat sent more than 1024 tool calls in one answer")
        #expect(outcome.events.isEmpty)
    }

    @Test("text, reasoning and calls keep their order")
    func order() {
        let body =
            #"{"type":"message","content":[{"type":"thinking","thinking":"A","signature":"1"},{"type":"text","text":"B"},{"type":"tool_use","id":"c","name":"f","input":{}},{"type":"thinking","thinking":"D","signature":"2"},{"type":"text","text":"E"}],"stop_reason":"tool_use"}"#
        let outcome = Outcome(
            Self.anthropic, isStream: false, head: HTTPHead(status: 200), body: Array(body.utf8)[...])
        var answer = Answer(model: "", provider: "")
        for event in outcome.events { answer.receive(event, keepsContent: true) }
        #expect(
            answer.parts == [
                .reasoning(ReasoningPiece(text: "A", signature: "1")), .text("B"),
                .call(ToolCall(id: "c", name: "f", arguments: "{}")),
                .reasoning(ReasoningPiece(text: "D", signature: "2")), .text("E"),
            ])
        #expect(answer.text == "BE")
    }
}
