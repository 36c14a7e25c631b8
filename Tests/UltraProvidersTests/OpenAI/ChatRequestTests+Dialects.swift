import UltraAPI

@testable import UltraProviders

/// Requests to other servers with OpenAI's API, where they differ from requests to OpenAI.
extension ChatRequestTests {
    static let dialectCases = [
        Case(
            rule: "a server nobody knows gets the widest spelling", model: "m", dialect: .of("llm.example.com"),
            isStream: true, messages: [Message(.user, [.text("a"), .text("b")])],
            change: { request in
                request.sampling.maxTokens = 9
                request.sampling.temperature = 0.2
                request.reasoning = Reasoning(effort: .low)
            },
            body: #""messages":[{"role":"user","content":"a\nb"}],"max_tokens":9,"temperature":0.2,"#
                + #""reasoning_effort":"low","stream":true,"stream_options":{"include_usage":true}"#),
        Case(
            rule: "a local server takes top_k", model: "qwen3", dialect: .of("127.0.0.1"),
            change: { $0.sampling.topK = 3 }, body: hi + #","top_k":3"#),
        Case(
            rule: "Groq refuses penalties", model: "llama", dialect: .of("api.groq.com"),
            change: { request in
                request.sampling.maxTokens = 9
                request.sampling.frequencyPenalty = 1
            }, body: hi + #","max_completion_tokens":9"#,
            warnings: ["openai/llama does not take frequency_penalty: it was left out"]),
        Case(
            rule: "DeepSeek wants its reasoning back, and thinks when told", model: "deepseek-chat",
            dialect: .of("api.deepseek.com"),
            messages: [
                Message(.user, [.text("a")]),
                Message(
                    .assistant, [.reasoning(text: "hm", signature: nil)],
                    toolCalls: [ToolCall(id: "1", name: "f", arguments: "{}")]),
                Message(.tool, [.text("x")], toolCallID: "1"),
                Message(.assistant, [.reasoning(text: "so", signature: nil), .text("b")]),
                Message(.user, [.text("c")]),
                Message(.assistant, [.reasoning(text: "no", signature: nil), .text("d")]),
            ],
            change: { request in
                request.reasoning = Reasoning(effort: .high)
                request.responseFormat = .json
            },
            body: #""messages":[{"role":"user","content":"a"},{"role":"assistant","content":null,"#
                + #""reasoning_content":"hm","tool_calls":[{"id":"1","type":"function","#
                + #""function":{"name":"f","arguments":"{}"}}]},{"role":"tool","content":"x","tool_call_id":"1"},"#
                + #"{"role":"assistant","content":"b","reasoning_content":"so"},{"role":"user","content":"c"},"#
                + #"{"role":"assistant","content":"d"}],"#
                + #""response_format":{"type":"json_object"},"thinking":{"type":"enabled"},"reasoning_effort":"high""#),
        Case(
            rule: "DeepSeek refuses calls without reasoning while it thinks, and takes a blank for it",
            model: "deepseek-reasoner", dialect: .of("api.deepseek.com"),
            messages: [
                Message(.assistant, [], toolCalls: [ToolCall(id: "1", name: "f", arguments: "{}")]),
                Message(.tool, [.text("x")], toolCallID: "1"),
            ], change: { _ in },
            body:
                #""messages":[{"role":"assistant","content":null,"reasoning_content":" ","tool_calls":[{"id":"1","type":"function","#
                + #""function":{"name":"f","arguments":"{}"}}]},{"role":"tool","content":"x","tool_call_id":"1"}]"#),
        Case(
            rule: "DeepSeek that does not think takes calls as they are", model: "deepseek-chat",
            dialect: .of("api.deepseek.com"),
            messages: [Message(.assistant, [], toolCalls: [ToolCall(id: "1", name: "f", arguments: "{}")])],
            change: { _ in },
            body: #""messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","#
                + #""function":{"name":"f","arguments":"{}"}}]}]"#),
        Case(
            rule: "Groq's gpt-oss takes an effort", model: "openai/gpt-oss-120b", dialect: .of("api.groq.com"),
            change: { $0.reasoning = Reasoning(effort: .minimal) }, body: hi + #","reasoning_effort":"low""#),
        Case(
            rule: "Groq's other models take none", model: "qwen/qwen3-32b", dialect: .of("api.groq.com"),
            change: { $0.reasoning = Reasoning(effort: .low) }, body: hi,
            warnings: ["openai/qwen/qwen3-32b does not take reasoning: it was left out"]),
        Case(
            rule: "JSON mode is a schema where LM Studio may listen", model: "m", dialect: .of("localhost"),
            change: { $0.responseFormat = .json },
            body: hi + #","response_format":{"type":"json_schema","json_schema":"#
                + #"{"name":"object","schema":{"type":"object"}}}"#),
        Case(
            rule: "xAI takes an effort of some models", model: "grok-3-mini", dialect: .of("api.x.ai"),
            change: { $0.reasoning = Reasoning(effort: .medium) }, body: hi + #","reasoning_effort":"high""#),
        Case(
            rule: "Together takes top_k", model: "a/b", dialect: .of("api.together.ai"),
            change: { request in
                request.sampling.topK = 3
                request.sampling.maxTokens = 9
            }, body: hi + #","max_tokens":9,"top_k":3"#),
        Case(
            rule: "Fireworks takes top_k", model: "accounts/fireworks/models/m", dialect: .of("api.fireworks.ai"),
            change: { $0.sampling.topK = 3 }, body: hi + #","top_k":3"#),
        Case(
            rule: "Azure takes the new token limit and no obfuscation", model: "gpt-4o",
            dialect: .of("r.openai.azure.com"), isStream: true, change: { $0.sampling.maxTokens = 9 },
            body: hi + #","max_completion_tokens":9,"stream":true,"stream_options":{"include_usage":true}"#),
        Case(
            rule: "OpenRouter gets its details of reasoning back, with their text, and those of no other API",
            model: "a/b", dialect: .of("openrouter.ai"),
            messages: [
                Message(
                    .assistant,
                    [
                        .reasoning(
                            text: "hm",
                            signature: #"{"type":"reasoning.text","signature":"S","format":"x-v1","index":0}"#),
                        .reasoning(text: "", signature: #"{"type":"reasoning.encrypted","data":"D","id":"1"}"#),
                        .reasoning(text: "no", signature: "c2ln"),
                        .reasoning(text: "no", signature: #"{"id":"rs_1","encrypted_content":"E"}"#), .text("b"),
                    ])
            ], change: { _ in },
            body: #""messages":[{"role":"assistant","content":"b","reasoning_details":["#
                + #"{"type":"reasoning.text","signature":"S","format":"x-v1","index":0,"text":"hm"},"#
                + #"{"type":"reasoning.encrypted","data":"D","id":"1"}]}]"#),
        Case(
            rule: "OpenRouter fetches documents", model: "a/b", dialect: .of("openrouter.ai"),
            messages: [Message(.user, [.document(Document(.url("https://e.com/a.pdf"), name: "a.pdf"))])],
            change: { _ in },
            body: #""messages":[{"role":"user","content":[{"type":"file","file":"#
                + #"{"filename":"a.pdf","file_data":"https://e.com/a.pdf"}}]}]"#),
        Case(
            rule: "Google's layer gets the signatures of calls back", model: "gemini-3-pro",
            dialect: .of("generativelanguage.googleapis.com"),
            messages: [
                Message(.assistant, [], toolCalls: [ToolCall(id: "1", name: "f", arguments: "{}", signature: "S")])
            ], change: { _ in },
            body: #""messages":[{"role":"assistant","tool_calls":[{"id":"1","type":"function","#
                + #""function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"S"}}}]}]"#),
        Case(
            rule: "nobody else does", model: "m", dialect: .of("llm.example.com"),
            messages: [
                Message(.assistant, [], toolCalls: [ToolCall(id: "1", name: "f", arguments: "{}", signature: "S")])
            ], change: { _ in },
            body: #""messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","#
                + #""function":{"name":"f","arguments":"{}"}}]}]"#),
        Case(
            rule: "xAI's reasoning models refuse stop", model: "grok-4", dialect: .of("api.x.ai"),
            change: { $0.sampling.stop = ["x"] }, body: hi,
            warnings: ["openai/grok-4 does not take stop: it was left out"]),
        Case(
            rule: "OpenRouter takes an object of reasoning", model: "a/b", dialect: .of("openrouter.ai"),
            change: { $0.reasoning = Reasoning(budgetTokens: 2000, isIncluded: false) },
            body: hi + #","reasoning":{"max_tokens":2000,"exclude":true}"#),
    ]
}
