import Testing
import UltraAPI

@testable import UltraProviders

/// The body of a Messages request, byte for byte, and the warnings for members left out of it.
struct AnthropicRequestTests {
    struct Case: CustomTestStringConvertible {
        let rule: String
        var model = "claude-haiku-4-5"
        var isStream = false
        var messages = [Message(.user, [.text("Hi")])]
        var maxTokens: Int? = 9
        var version = AnthropicAdapter.defaultVersion
        let change: @Sendable (inout Request) -> Void
        /// The part of the body after `"model":…,`.
        let body: String
        var warnings: [String] = []

        var testDescription: String { rule }
    }

    static let turn = #""messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]"#
    static let hi = #""max_tokens":9,"# + turn
    static let tool = Tool(
        name: "f", description: "d", parameters: RawJSON(validated: Array(#"{"type":"object","properties":{}}"#.utf8)))
    static let toolJSON =
        #""tools":[{"name":"f","description":"d","input_schema":{"type":"object","properties":{}}}]"#

    static func json(_ text: String) -> RawJSON { RawJSON(validated: Array(text.utf8)) }

    private static func system(_ text: String) -> String {
        #""max_tokens":9,"system":[{"type":"text","text":"\#(text)"}],"# + turn
    }

    static let cases = samplingCases + reasoningCases + toolCases + formatCases + optionCases

    static let samplingCases = [
        Case(rule: "a prompt is one message", change: { _ in }, body: hi),
        Case(
            rule: "max_tokens is always sent", maxTokens: nil, change: { _ in }, body: #""max_tokens":16384,"# + turn),
        Case(
            rule: "no more than the model can", model: "claude-3-opus-20240229", maxTokens: nil, change: { _ in },
            body: #""max_tokens":4096,"# + turn),
        Case(
            rule: "a model nobody knows gets less", model: "m", maxTokens: nil, change: { _ in },
            body: #""max_tokens":8192,"# + turn),
        Case(
            rule: "more than the model can is lowered", model: "claude-3-5-haiku-20241022", maxTokens: 9000,
            change: { _ in }, body: #""max_tokens":8192,"# + turn,
            warnings: [
                "anthropic/claude-3-5-haiku-20241022 answers in 8192 tokens at most: max_tokens was lowered"
            ]),
        Case(
            rule: "an old model takes every sampling parameter the API has", model: "claude-3-5-haiku-20241022",
            change: { request in
                request.sampling.temperature = 0.5
                request.sampling.topP = 0.9
                request.sampling.topK = 3
                request.sampling.stop = ["x", " \n", "y"]
                request.sampling.seed = 1
                request.sampling.frequencyPenalty = 1
                request.sampling.presencePenalty = 0
            }, body: hi + #","temperature":0.5,"top_p":0.9,"top_k":3,"stop_sequences":["x","y"]"#,
            warnings: [
                "anthropic/claude-3-5-haiku-20241022 does not take seed: it was left out",
                "anthropic/claude-3-5-haiku-20241022 does not take frequency_penalty: it was left out",
                "anthropic/claude-3-5-haiku-20241022 takes no stop sequence of white space alone: it was left out",
            ]),
        Case(
            rule: "Claude 4 takes one of temperature and top_p", model: "claude-opus-4-1-20250805",
            change: { request in
                request.sampling.temperature = 1.5
                request.sampling.topP = 0.9
            }, body: hi + #","temperature":1.0"#,
            warnings: [
                "anthropic/claude-opus-4-1-20250805 takes temperatures up to 1: 1 was sent",
                "anthropic/claude-opus-4-1-20250805 takes either temperature or top_p: top_p was left out",
            ]),
        Case(
            rule: "top_p alone stays", change: { $0.sampling.topP = 0.9 }, body: hi + #","top_p":0.9"#),
        Case(
            rule: "from Opus 4.7 on no sampling is taken", model: "claude-opus-4-7",
            change: { request in
                request.sampling.temperature = 0.2
                request.sampling.topP = 1
                request.sampling.topK = 3
            }, body: hi,
            warnings: [
                "anthropic/claude-opus-4-7 does not take temperature: it was left out",
                "anthropic/claude-opus-4-7 does not take top_k: it was left out",
            ]),
        Case(
            rule: "the version of 2026-10-21 takes none of any model", version: "2026-10-21",
            change: { $0.sampling.temperature = 0.2 }, body: hi,
            warnings: ["anthropic/claude-haiku-4-5 does not take temperature: it was left out"]),
        Case(rule: "a stream is asked for", isStream: true, change: { _ in }, body: hi + #","stream":true"#),
    ]

    static let reasoningCases = [
        Case(
            rule: "an old model does not reason", model: "claude-3-5-haiku-20241022",
            change: { $0.reasoning = Reasoning(effort: .low) }, body: hi,
            warnings: ["anthropic/claude-3-5-haiku-20241022 does not take reasoning: it was left out"]),
        Case(
            rule: "an effort is a budget, on top of what the answer may take", maxTokens: nil,
            change: { $0.reasoning = Reasoning(effort: .high) },
            body: #""max_tokens":32768,"# + turn + #","thinking":{"type":"enabled","budget_tokens":16384}"#),
        Case(
            rule: "a budget goes as it is, before an effort", maxTokens: 5000,
            change: { $0.reasoning = Reasoning(effort: .low, budgetTokens: 4000) },
            body: #""max_tokens":5000,"# + turn + #","thinking":{"type":"enabled","budget_tokens":4000}"#),
        Case(
            rule: "max_tokens is above the budget", change: { $0.reasoning = Reasoning(effort: .medium) },
            body: #""max_tokens":10009,"# + turn + #","thinking":{"type":"enabled","budget_tokens":10000}"#,
            warnings: [
                "anthropic/claude-haiku-4-5 counts reasoning in max_tokens: it was raised by budget_tokens"
            ]),
        Case(
            rule: "the least budget", maxTokens: 2000, change: { $0.reasoning = Reasoning(budgetTokens: 3) },
            body: #""max_tokens":2000,"# + turn + #","thinking":{"type":"enabled","budget_tokens":1024}"#,
            warnings: ["anthropic/claude-haiku-4-5 does not take budget_tokens of 3: 1024 was sent"]),
        Case(
            rule: "the largest budget", maxTokens: nil, change: { $0.reasoning = Reasoning(budgetTokens: 90_000) },
            body: #""max_tokens":64000,"# + turn + #","thinking":{"type":"enabled","budget_tokens":62976}"#,
            warnings: ["anthropic/claude-haiku-4-5 does not take budget_tokens of 90000: 62976 was sent"]),
        Case(
            rule: "reasoning goes with hardly any sampling", maxTokens: 2000,
            change: { request in
                request.reasoning = Reasoning(effort: .minimal)
                request.sampling.temperature = 0.2
                request.sampling.topP = 0.5
                request.sampling.topK = 3
            }, body: #""max_tokens":2000,"# + turn + #","thinking":{"type":"enabled","budget_tokens":1024}"#,
            warnings: [
                "anthropic/claude-haiku-4-5 takes no temperature but 1 when it reasons: it was left out",
                "anthropic/claude-haiku-4-5 takes no top_p below 0.95 when it reasons: it was left out",
                "anthropic/claude-haiku-4-5 takes no top_k when it reasons: it was left out",
            ]),
        Case(
            rule: "4.6 takes an effort", model: "claude-sonnet-4-6",
            change: { $0.reasoning = Reasoning(effort: .medium, budgetTokens: 5000) },
            body: hi + #","thinking":{"type":"adaptive"},"output_config":{"effort":"medium"}"#,
            warnings: [
                "anthropic/claude-sonnet-4-6 takes a reasoning effort instead of budget_tokens: they were left out"
            ]),
        Case(
            rule: "4.6 takes a budget", model: "claude-sonnet-4-6", maxTokens: 6000,
            change: { $0.reasoning = Reasoning(budgetTokens: 5000) },
            body: #""max_tokens":6000,"# + turn + #","thinking":{"type":"enabled","budget_tokens":5000}"#),
        Case(
            rule: "newer ones must be asked for what they think", model: "claude-opus-4-8",
            change: { $0.reasoning = Reasoning(effort: .minimal) },
            body: hi + #","thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"low"}"#),
        Case(
            rule: "or not", model: "claude-opus-5-5",
            change: { $0.reasoning = Reasoning(effort: .high, isIncluded: false) },
            body: hi + #","thinking":{"type":"adaptive"},"output_config":{"effort":"high"}"#),
        Case(
            rule: "newer ones take a budget as an effort", model: "claude-fable-5-2",
            change: { $0.reasoning = Reasoning(budgetTokens: 9000) },
            body: hi + #","thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"medium"}"#,
            warnings: [
                "anthropic/claude-fable-5-2 takes a reasoning effort instead of budget_tokens: medium was sent"
            ]),
        Case(
            rule: "to see what it thinks anyway", model: "claude-sonnet-5", change: { $0.reasoning = Reasoning() },
            body: hi + #","thinking":{"type":"adaptive","display":"summarized"}"#),
        Case(
            rule: "no wish, no thinking", model: "claude-opus-4-7", change: { $0.reasoning = Reasoning() }, body: hi),
        Case(
            rule: "no thinking from the middle of a loop on",
            messages: [
                Message(.user, [.text("Hi")]),
                Message(.assistant, [], toolCalls: [ToolCall(id: "1", name: "f", arguments: "{}")]),
                Message(.tool, [], toolCallID: "1"),
            ],
            change: { request in
                request.tools = [tool]
                request.reasoning = Reasoning(effort: .low)
            },
            body: #""max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]},"#
                + #"{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":{}}]},"#
                + #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"1"}]}],"# + toolJSON,
            warnings: [
                "anthropic/claude-haiku-4-5 does not start to reason between a tool call and its result: "
                    + "reasoning was left out"
            ]),
    ]

    static let toolCases = [
        Case(
            rule: "tools, with a schema for each",
            change: { $0.tools = [tool, Tool(name: "g"), Tool(name: "h", parameters: json(#"{"required":[]}"#))] },
            body: hi + "," + toolJSON.dropLast() + #",{"name":"g","input_schema":{"type":"object","properties":{}}},"#
                + #"{"name":"h","input_schema":{"type":"object","required":[],"properties":{}}}]"#),
        Case(
            rule: "a choice", change: choose(.required), body: hi + "," + toolJSON + #","tool_choice":{"type":"any"}"#),
        Case(
            rule: "a choice by name", change: choose(.named("f"), isParallel: false),
            body: hi + "," + toolJSON
                + #","tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true}"#),
        Case(
            rule: "one call at most needs a choice to say so", change: choose(nil, isParallel: false),
            body: hi + "," + toolJSON + #","tool_choice":{"type":"auto","disable_parallel_tool_use":true}"#),
        Case(
            rule: "no call is no parallel call", change: choose(ToolChoice.none, isParallel: false),
            body: hi + "," + toolJSON + #","tool_choice":{"type":"none"}"#),
        Case(
            rule: "parallel calls are the default", change: choose(nil, isParallel: true), body: hi + "," + toolJSON),
        Case(
            rule: "without tools there is no choice",
            change: { request in
                request.toolChoice = .required
                request.parallelToolCalls = false
            }, body: hi),
        Case(
            rule: "a forced call and a budget do not go together",
            change: { request in
                choose(.required)(&request)
                request.reasoning = Reasoning(effort: .low)
            }, body: hi + "," + toolJSON + #","tool_choice":{"type":"any"}"#,
            warnings: [
                "anthropic/claude-haiku-4-5 does not reason when it must call a tool: reasoning was left out"
            ]),
        Case(
            rule: "a forced call and an effort do", model: "claude-opus-5",
            change: { request in
                choose(.required)(&request)
                request.reasoning = Reasoning(effort: .low, isIncluded: false)
            },
            body: hi + "," + toolJSON
                + #","tool_choice":{"type":"any"},"thinking":{"type":"adaptive"},"output_config":{"effort":"low"}"#),
        Case(
            rule: "who cannot be forced is told", model: "claude-opus-5-5", change: choose(.named("f")),
            body: system("Call the tool f now.") + "," + toolJSON + #","tool_choice":{"type":"auto"}"#,
            warnings: [
                "anthropic/claude-opus-5-5 cannot be forced to call a tool: an instruction to call one was added"
            ]),
    ]

    private static func choose(
        _ choice: ToolChoice?, isParallel: Bool? = nil
    ) -> @Sendable (inout Request) -> Void {
        { request in
            request.tools = [tool]
            request.toolChoice = choice
            request.parallelToolCalls = isParallel
        }
    }

    static let formatCases = [
        Case(
            rule: "a schema",
            change: { request in
                request.responseFormat = .schema(
                    name: "n", schema: json(#"{"type":"object","properties":{"a":{"type":"integer","minimum":1}}}"#),
                    strict: true)
            },
            body: hi + #","output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":"#
                + #"{"a":{"type":"integer","description":"minimum: 1"}},"additionalProperties":false}}}"#,
            warnings: [
                "anthropic/claude-haiku-4-5 does not enforce minimum of a schema: it was moved to the description"
            ]),
        Case(
            rule: "JSON without a schema is asked for in words", change: { $0.responseFormat = .json },
            body: system("Answer with one JSON object and nothing else: no code fence, no other text."),
            warnings: [
                "anthropic/claude-haiku-4-5 has no JSON mode without a schema: an instruction to answer in JSON was added"
            ]),
    ]

    static let optionCases = [
        Case(
            rule: "provider options are merged and take the place of ours",
            change: { request in
                request.sampling.temperature = 0.5
                request.providerOptions["anthropic"] = json(
                    #"{"temperature":0.7,"metadata":{"user_id":"u"},"anthropic_beta":["a","b"]}"#)
            }, body: hi + #","temperature":0.7,"metadata":{"user_id":"u"}"#),
        Case(
            rule: "options of other providers stay out",
            change: { $0.providerOptions["mistral"] = json(#"{"safe_prompt":true}"#) }, body: hi),
    ]

    @Test("a request has this body", arguments: cases)
    func body(example: Case) throws {
        var request = Request(messages: example.messages)
        request.sampling.maxTokens = example.maxTokens
        example.change(&request)
        let encoded = try AnthropicAdapter.testing(version: example.version)
            .encode(request, model: example.model, isStream: example.isStream)
        let body = String(decoding: encoded.http.body, as: UTF8.self)
        #expect(body == #"{"model":"\#(example.model)",\#(example.body)}"#)
        #expect(encoded.warnings == example.warnings)
    }
}
