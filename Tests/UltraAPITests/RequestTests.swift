import Testing

@testable import UltraAPI

@Suite struct RequestTests {
    private static func request(_ json: String) throws -> Request {
        try Request(RequestFrame(Array(json.utf8)))
    }

    @Test("every field of the protocol arrives where it belongs, in any order")
    func everyField() throws {
        let fields = [
            #""id":7"#, #""op":"stream""#, #""timeout_ms":30000"#, #""model":"openai/gpt-4o""#,
            #""system":"be brief""#,
            #""messages":[{"role":"user","content":[{"type":"text","text":"what"},{"type":"image","url":"https://x/y"},"#
                + #"{"type":"image","media_type":"image/png","data":"AAEC"}]},"#
                + #"{"role":"assistant","content":[{"type":"reasoning","text":"hm","signature":"c2ln"}],"#
                + #""tool_calls":[{"id":"c1","name":"f","arguments":"{"}]},"#
                + #"{"role":"tool","tool_call_id":"c1","content":"42"},{"role":"assistant","content":null,"#
                + #""tool_calls":[{"id":"c2","name":"f","arguments":""}]}]"#,
            #""max_tokens":5"#, #""temperature":0.5"#, #""top_p":1"#, #""top_k":40"#, #""stop":["a","b"]"#,
            #""seed":-1"#, #""frequency_penalty":-2"#, #""presence_penalty":1.5"#,
            #""tools":[{"name":"f","description":"d","parameters":{"type": "object"}},{"name":"g"}]"#,
            #""tool_choice":{"name":"g"}"#, #""parallel_tool_calls":false"#,
            #""response_format":{"name":"s","schema":{"a":[1]},"strict":true}"#,
            #""reasoning":{"effort":"low","budget_tokens":1024,"include":false}"#, #""cache":"refresh""#,
            #""fallback":["a/b","c"]"#, #""fallback_mid_stream":"restart""#,
            #""timeouts_ms":{"connect":1,"first_token":2,"idle":3,"total":4,"unknown":"x"}"#, #""tags":["t"]"#,
            #""provider_options":{"openai":{"logit_bias": {}}}"#, #""progress":true"#, #""unknown":{"a":[]}"#,
        ]
        var expected = Request(
            model: "openai/gpt-4o",
            messages: [
                Message(.system, [.text("be brief")]),
                Message(
                    .user,
                    [
                        .text("what"), .imageURL("https://x/y"),
                        .imageData(mediaType: "image/png", base64: "AAEC"),
                    ]),
                Message(
                    .assistant, [.reasoning(text: "hm", signature: "c2ln")],
                    toolCalls: [ToolCall(id: "c1", name: "f", arguments: "{")]),
                Message(.tool, [.text("42")], toolCallID: "c1"),
                Message(.assistant, [], toolCalls: [ToolCall(id: "c2", name: "f", arguments: "")]),
            ])
        expected.sampling.maxTokens = 5
        expected.sampling.temperature = 0.5
        expected.sampling.topP = 1
        expected.sampling.topK = 40
        expected.sampling.stop = ["a", "b"]
        expected.sampling.seed = -1
        expected.sampling.frequencyPenalty = -2
        expected.sampling.presencePenalty = 1.5
        expected.tools = [
            Tool(
                name: "f", description: "d", parameters: RawJSON(validated: Array(#"{"type": "object"}"#.utf8))),
            Tool(name: "g"),
        ]
        expected.toolChoice = .named("g")
        expected.parallelToolCalls = false
        expected.responseFormat = .schema(
            name: "s", schema: RawJSON(validated: Array(#"{"a":[1]}"#.utf8)), strict: true)
        expected.reasoning = Reasoning(effort: .low, budgetTokens: 1024, isIncluded: false)
        expected.cache = .refresh
        expected.fallback = .models(["a/b", "c"])
        expected.restartsMidStream = true
        expected.timeouts = Timeouts(connect: 1, firstToken: 2, idle: 3, total: 4)
        expected.tags = ["t"]
        expected.providerOptions = ["openai": RawJSON(validated: Array(#"{"logit_bias": {}}"#.utf8))]
        expected.wantsProgress = true

        for order in [fields, fields.reversed()] {
            let frame = try RequestFrame(Array("{\(order.joined(separator: ","))}".utf8))
            #expect(frame.id == 7)
            #expect(frame.operation == .stream)
            #expect(frame.timeoutMilliseconds == 30000)
            #expect(try Request(frame) == expected)
        }
    }

    @Test("a prompt is one user message, and absent fields take their defaults")
    func defaults() throws {
        let request = try Self.request(#"{"id":1,"op":"generate","prompt":"hi"}"#)
        #expect(request == Request(messages: [Message(.user, [.text("hi")])]))
    }

    @Test("the short forms")
    func shortForms() throws {
        func with(_ field: String) throws -> Request {
            try Self.request(#"{"id":1,"op":"stream","prompt":"","# + field + "}")
        }
        #expect(try with(#""stop":"x""#).sampling.stop == ["x"])
        #expect(try with(#""fallback":true"#).fallback == .configured)
        #expect(try with(#""fallback":false"#).fallback == .none)
        #expect(try with(#""fallback":[]"#).fallback == .none)
        #expect(try with(#""response_format":"json""#).responseFormat == .json)
        #expect(try with(#""response_format":"text""#).responseFormat == .text)
        #expect(try with(#""tool_choice":"none""#).toolChoice == ToolChoice.none)
        #expect(try with(#""tools":[{"name":"f"}],"tool_choice":"required""#).toolChoice == .required)
        #expect(try with(#""max_tokens":1e2"#).sampling.maxTokens == 100)
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        let fields: String
        let field: String

        init(_ fields: String, _ field: String) {
            self.fields = fields
            self.field = field
        }

        var testDescription: String { fields }
    }

    private static func message(_ members: String) -> String {
        #""messages":[{"role":"user","content":"a"},{"# + members + "}]"
    }

    private static func elements(_ message: String) throws -> [String] {
        let asked = try request(#"{"id":1,"op":"generate","messages":[{"role":"assistant",\#(message)}]}"#)
        return try #require(asked.messages.first).elements.map { element in
            switch element {
            case .part(.text(let text)): text
            case .part(.reasoning(let text, let signature)): "\(text)(\(signature ?? ""))"
            case .part: "?"
            case .call(let call): call.id + call.name + call.arguments + (call.signature ?? "")
            }
        }
    }

    @Test("the parts of a result are the content of a message, calls and all, in their order")
    func partsOfAResult() throws {
        let call = #"{"type":"tool_call","id":"c","name":"f","arguments":"{}","signature":"s"}"#
        let other = #"{"type":"tool_call","id":"d","name":"g","arguments":""}"#
        let reasoning = #"{"type":"reasoning","text":"R","signature":"p"}"#
        let text = #"{"type":"text","text":"T"}"#
        #expect(
            try Self.elements(#""content":[\#(reasoning),\#(call),\#(text),\#(other)]"#) == [
                "R(p)", "cf{}s", "T", "dg",
            ])
        #expect(try Self.elements(#""content":[\#(call),\#(other),\#(text)]"#) == ["cf{}s", "dg", "T"])
        // A call given twice, as some clients do, counts once.
        let twice =
            #""content":[\#(call),\#(text)],"tool_calls":[{"id":"c","name":"f","arguments":"{}"},{"id":"e","name":"h","arguments":""}]"#
        #expect(try Self.elements(twice) == ["cf{}s", "T", "eh"])
        #expect(try Self.elements(#""content":[\#(call)]"#) == ["cf{}s"])
        // Calls behind all parts need no explicit order.
        let plain = try Self.request(
            #"{"id":1,"op":"generate","messages":[{"role":"assistant","content":[\#(text),\#(call)]}]}"#)
        #expect(
            plain.messages == [
                Message(
                    .assistant, [.text("T")],
                    toolCalls: [ToolCall(id: "c", name: "f", arguments: "{}", signature: "s")])
            ])
    }

    @Test(
        "a wrong field is named, and no part of its value is repeated",
        arguments: [
            Mistake(#""model":"","prompt":"a""#, "model"), Mistake(#""model":7,"prompt":"a""#, "model"),
            Mistake(#""model":null,"prompt":"a""#, "model"), Mistake(#""model":"m""#, "prompt"),
            Mistake(#""prompt":["a"]"#, "prompt"), Mistake(#""prompt":"a","messages":[]"#, "messages"),
            Mistake(#""prompt":"a","messages":[{"role":"user","content":"b"}]"#, "prompt"),
            Mistake(#""messages":{}"#, "messages"), Mistake(#""messages":["a"]"#, "messages[0]"),
            Mistake(#""prompt":"a","system":1"#, "system"),
            Mistake(message(#""content":"secret""#), "messages[1].role"),
            Mistake(message(#""role":"king","content":"secret""#), "messages[1].role"),
            Mistake(message(#""role":7,"content":"secret""#), "messages[1].role"),
            Mistake(message(#""role":"user""#), "messages[1].content"),
            Mistake(message(#""role":"user","content":null"#), "messages[1].content"),
            Mistake(message(#""role":"user","content":[]"#), "messages[1].content"),
            Mistake(message(#""role":"user","content":7"#), "messages[1].content"),
            Mistake(message(#""role":"user","content":["secret"]"#), "messages[1].content[0]"),
            Mistake(message(#""role":"user","content":[{"type":"secret"}]"#), "messages[1].content[0].type"),
            Mistake(message(#""role":"user","content":[{"text":"secret"}]"#), "messages[1].content[0].type"),
            Mistake(message(#""role":"user","content":[{"type":"text","text":7}]"#), "messages[1].content[0].text"),
            Mistake(message(#""role":"user","content":[{"type":"image"}]"#), "messages[1].content[0]"),
            Mistake(message(#""role":"user","content":[{"type":"image","data":"AAEC"}]"#), "messages[1].content[0]"),
            Mistake(
                message(#""role":"user","content":[{"type":"image","url":"u","media_type":"m","data":"AAEC"}]"#),
                "messages[1].content[0]"),
            Mistake(
                message(#""role":"user","content":[{"type":"image","media_type":"image/png","data":"A_EC"}]"#),
                "messages[1].content[0].data"),
            Mistake(message(#""role":"user","content":[{"type":"reasoning","text":"secret"}]"#), "messages[1].content"),
            Mistake(message(#""role":"tool","content":"secret""#), "messages[1].tool_call_id"),
            Mistake(message(#""role":"user","content":"secret","tool_call_id":"c""#), "messages[1].tool_call_id"),
            Mistake(
                message(#""role":"user","content":"","tool_calls":[{"id":"c","name":"f","arguments":""}]"#),
                "messages[1].tool_calls"),
            Mistake(message(#""role":"assistant","tool_calls":[{"name":"f"}]"#), "messages[1].tool_calls[0].id"),
            Mistake(message(#""role":"assistant","tool_calls":[{"id":"c"}]"#), "messages[1].tool_calls[0].name"),
            Mistake(
                message(#""role":"assistant","tool_calls":[{"id":"c","name":"f","arguments":{}}]"#),
                "messages[1].tool_calls[0].arguments"),
            Mistake(
                message(#""role":"user","content":[{"type":"tool_call","id":"c","name":"f","arguments":""}]"#),
                "messages[1].tool_calls"),
            Mistake(
                message(#""role":"assistant","content":[{"type":"tool_call","name":"f","arguments":""}]"#),
                "messages[1].content[0].id"),
            Mistake(
                message(#""role":"assistant","content":[{"type":"tool_call","id":"c","arguments":""}]"#),
                "messages[1].content[0].name"),
            Mistake(
                message(#""role":"assistant","content":[{"type":"tool_call","id":"c","name":"f"}]"#),
                "messages[1].content[0].arguments"),
            Mistake(#""prompt":"a","max_tokens":0"#, "max_tokens"),
            Mistake(#""prompt":"a","max_tokens":1.5"#, "max_tokens"),
            Mistake(#""prompt":"a","max_tokens":1e99"#, "max_tokens"),
            Mistake(#""prompt":"a","temperature":2.1"#, "temperature"),
            Mistake(#""prompt":"a","temperature":"0""#, "temperature"), Mistake(#""prompt":"a","top_p":-0.1"#, "top_p"),
            Mistake(#""prompt":"a","temperature":1e999"#, "temperature"),
            Mistake(#""prompt":"a","top_k":0"#, "top_k"), Mistake(#""prompt":"a","stop":[""]"#, "stop[0]"),
            Mistake(#""prompt":"a","stop":[1]"#, "stop[0]"),
            Mistake(#""prompt":"a","seed":9223372036854775808"#, "seed"),
            Mistake(#""prompt":"a","frequency_penalty":3"#, "frequency_penalty"),
            Mistake(#""prompt":"a","presence_penalty":-3"#, "presence_penalty"),
            Mistake(#""prompt":"a","tools":{}"#, "tools"), Mistake(#""prompt":"a","tools":[{}]"#, "tools[0].name"),
            Mistake(#""prompt":"a","tools":[{"name":"f","parameters":[]}]"#, "tools[0].parameters"),
            Mistake(#""prompt":"a","tool_choice":"any""#, "tool_choice"),
            Mistake(#""prompt":"a","tool_choice":"required""#, "tool_choice"),
            Mistake(#""prompt":"a","tools":[{"name":"f"}],"tool_choice":{"name":"g"}"#, "tool_choice"),
            Mistake(#""prompt":"a","tool_choice":{}"#, "tool_choice.name"),
            Mistake(#""prompt":"a","parallel_tool_calls":1"#, "parallel_tool_calls"),
            Mistake(#""prompt":"a","response_format":"xml""#, "response_format"),
            Mistake(#""prompt":"a","response_format":{"name":"s"}"#, "response_format.schema"),
            Mistake(#""prompt":"a","response_format":{"schema":true}"#, "response_format.schema"),
            Mistake(#""prompt":"a","reasoning":{"effort":"max"}"#, "reasoning.effort"),
            Mistake(#""prompt":"a","reasoning":{"budget_tokens":-1}"#, "reasoning.budget_tokens"),
            Mistake(#""prompt":"a","cache":"on""#, "cache"), Mistake(#""prompt":"a","fallback":"b""#, "fallback"),
            Mistake(#""prompt":"a","fallback":[""]"#, "fallback[0]"),
            Mistake(#""prompt":"a","fallback_mid_stream":true"#, "fallback_mid_stream"),
            Mistake(#""prompt":"a","timeouts_ms":{"idle":0}"#, "timeouts_ms.idle"),
            Mistake(#""prompt":"a","timeouts_ms":5"#, "timeouts_ms"), Mistake(#""prompt":"a","tags":[1]"#, "tags[0]"),
            Mistake(#""prompt":"a","provider_options":{"openai":[]}"#, "provider_options.openai"),
            Mistake(
                #""prompt":"a","provider_options":{"openai":{"user":"u","model":"m"}}"#, "provider_options.openai.model"
            ),
            Mistake(
                #""prompt":"a","provider_options":{"ollama":{"Model":"m"}}"#, "provider_options.ollama.Model"),
            Mistake(
                #""prompt":"a","provider_options":{"openai":{"str\u0065am":true}}"#, "provider_options.openai.stream"),
            Mistake(
                #""prompt":"a","provider_options":{"gemini":{"system_instruction":{}}}"#,
                "provider_options.gemini.system_instruction"),
            Mistake(
                #""prompt":"a","provider_options":{"gemini":{"generationConfig":{"candidateCount":2}}}"#,
                "provider_options.gemini.generationConfig.candidateCount"),
            Mistake(
                #""prompt":"a","provider_options":{"ollama":{"options":{"num_predict":2}}}"#,
                "provider_options.ollama.options.num_predict"),
            Mistake(
                #""prompt":"a","provider_options":{"docker":{"n_predict":2}}"#, "provider_options.docker.n_predict"),
            Mistake(
                #""prompt":"a","provider_options":{"server":{"extra_body":{"model":"m"}}}"#,
                "provider_options.server.extra_body.model"),
            Mistake(#""prompt":"a","progress":"yes""#, "progress"),
        ])
    func mistakes(mistake: Mistake) throws {
        let frame = try RequestFrame(Array(#"{"id":1,"op":"generate","#.utf8) + Array(mistake.fields.utf8) + [0x7D])
        let error = #expect(throws: UltraError.self) { try Request(frame) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.field == mistake.field)
        #expect(error?.message.contains("secret") == false)
    }

    @Test(
        "base64 is checked to its last character",
        arguments: ["A", "AA=", "AA", "A===", "AAEC=", "AA=A", "AAE\u{e9}", ""])
    func base64(text: String) {
        #expect(!Base64.isValid(text))
    }

    @Test("padded base64 of the standard alphabet passes", arguments: ["AA==", "AAE=", "AAEC", "+/09azAZ", "AAECAA=="])
    func validBase64(text: String) {
        #expect(Base64.isValid(text))
    }
}
