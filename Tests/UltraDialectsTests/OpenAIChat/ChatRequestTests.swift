import Testing
import UltraAPI

@testable import UltraDialects

@Suite("Chat Completions requests")
struct ChatRequestTests {
    /// Members beside one user message.
    static func body(_ members: String) -> [UInt8] {
        Array((#"{"messages":[{"role":"user","content":"Hi"}]"# + (members.isEmpty ? "" : ",") + members + "}").utf8)
    }

    static func read(_ members: String) throws -> ChatRequest { try ChatRequest(body(members)) }

    static func readMessages(_ messages: String) throws -> [Message] {
        try ChatRequest(Array(#"{"messages":[\#(messages)]}"#.utf8)).request.messages
    }

    static func refusal(_ body: [UInt8]) -> UltraError? {
        do throws(UltraError) {
            _ = try ChatRequest(body)
            return nil
        } catch {
            return error
        }
    }

    static func raw(_ text: String) -> RawJSON { RawJSON(validated: Array(text.utf8)) }

    @Test("parameters are translated one by one")
    func parameters() throws {
        let cases: [(String, (Request) -> Int?, Int?)] = [
            (#""max_tokens":7"#, \.sampling.maxTokens, 7),
            (#""max_completion_tokens":8"#, \.sampling.maxTokens, 8),
            (#""max_tokens":7,"max_completion_tokens":8"#, \.sampling.maxTokens, 8),
            (#""max_completion_tokens":8,"max_tokens":7"#, \.sampling.maxTokens, 8),
            (#""max_tokens":null"#, \.sampling.maxTokens, nil),
            (#""top_k":3"#, \.sampling.topK, 3), (#""seed":-5"#, \.sampling.seed, -5),
        ]
        for (members, read, value) in cases {
            let found = try Self.read(members)
            #expect(read(found.request) == value, "\(members)")
            #expect(found.warnings == [])
        }
        let found = try Self.read(
            #""model":"a/b","temperature":0.5,"top_p":1,"frequency_penalty":-2,"presence_penalty":2,"stop":["x","y"]"#)
        #expect(found.request.model == "a/b")
        #expect(found.request.sampling.temperature == 0.5 && found.request.sampling.topP == 1)
        #expect(found.request.sampling.frequencyPenalty == -2 && found.request.sampling.presencePenalty == 2)
        #expect(found.request.sampling.stop == ["x", "y"])
        #expect(try Self.read(#""stop":"z""#).request.sampling.stop == ["z"])
    }

    @Test("a stream is asked for, and its usage")
    func stream() throws {
        #expect(try !Self.read("").isStream)
        #expect(try Self.read(#""stream":true"#).isStream)
        let found = try Self.read(#""stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false}"#)
        #expect(found.isStream && found.includesUsage && found.warnings == [])
        #expect(try !Self.read(#""stream_options":{"include_usage":true}"#).includesUsage)
        #expect(try !Self.read(#""stream":true,"stream_options":null"#).includesUsage)
    }

    @Test("null stands for an absent member")
    func nulls() throws {
        let names = [
            "model", "stream", "stream_options", "tools", "functions", "tool_choice", "function_call",
            "parallel_tool_calls", "response_format", "reasoning_effort", "reasoning", "max_tokens", "temperature",
            "top_p", "stop", "seed", "n", "logprobs", "top_logprobs", "modalities", "audio", "web_search_options",
            "logit_bias", "user", "something_new",
        ]
        let found = try Self.read(names.map { #""\#($0)":null"# }.joined(separator: ","))
        #expect(found == (try Self.read("")))
    }

    struct Dropped: Sendable {
        let members: String
        let names: [String]
    }

    @Test(
        "tuning parameters are dropped with a warning, and silently if they have no effect",
        arguments: [
            Dropped(members: #""logit_bias":{"1":5}"#, names: ["logit_bias"]),
            Dropped(members: #""prediction":{"type":"content","content":"x"}"#, names: ["prediction"]),
            Dropped(members: #""service_tier":"flex""#, names: ["service_tier"]),
            Dropped(members: #""verbosity":"low""#, names: ["verbosity"]),
            Dropped(members: #""user":"u""#, names: ["user"]),
            Dropped(members: #""metadata":{"a":"b"}"#, names: ["metadata"]),
            Dropped(members: #""safety_identifier":"s""#, names: ["safety_identifier"]),
            Dropped(members: #""prompt_cache_key":"k""#, names: ["prompt_cache_key"]),
            Dropped(members: #""store":true"#, names: ["store"]),
            Dropped(members: #""something_new":[1]"#, names: ["something_new"]),
            Dropped(members: #""reasoning":{"exclude":true}"#, names: ["reasoning.exclude"]),
            Dropped(members: #""a\nb":1"#, names: ["a member of the request"]),
            Dropped(
                members: #""store":false,"service_tier":"auto","logit_bias":{},"metadata":{},"n":1,"logprobs":false,"#
                    + #""top_logprobs":0,"modalities":["text"]"#, names: []),
        ])
    func dropped(_ dropped: Dropped) throws {
        let found = try Self.read(dropped.members)
        #expect(found.request == (try Self.read("")).request)
        #expect(found.warnings == dropped.names.map { "\($0) was left out: it cannot be translated" })
    }

    @Test("members that are not known go to servers with members of their own, which then give no warning")
    func otherMembers() throws {
        var found = try Self.read(
            #""user":"u","chat_template_kwargs":{"enable_thinking":false},"models":["x"],"store":false,"n":1"#)
        found.passOn(to: ["local"])
        #expect(
            found.request.providerOptions == [
                "local": Self.raw(#"{"chat_template_kwargs":{"enable_thinking":false},"user":"u"}"#)
            ])
        func warnings(_ names: [String]) -> [String] { names.map { "\($0) was left out: it cannot be translated" } }
        // `models` would change the routing.
        #expect(found.warnings(of: "local") == warnings(["models"]))
        #expect(found.warnings(of: "openai") == warnings(["user", "chat_template_kwargs", "models"]))
        var none = try Self.read("")
        none.passOn(to: ["local"])
        #expect(none.request.providerOptions == [:])
    }

    @Test("an answer carries sixteen warnings at most")
    func manyWarnings() throws {
        let found = try Self.read((0..<100).map { #""x\#($0)":1"# }.joined(separator: ","))
        #expect(found.warnings.count == 16)
    }

    struct Refused: Sendable {
        let members: String
        let code: ErrorCode
        let field: String?

        init(_ members: String, _ field: String?, _ code: ErrorCode = .invalidRequest) {
            (self.members, self.code, self.field) = (members, code, field)
        }
    }

    @Test(
        "invalid members, and members that change the answer's shape, are refused by name",
        arguments: [
            Refused(#""n":2"#, "n", .capabilityMissing), Refused(#""best_of":3"#, "best_of", .capabilityMissing),
            Refused(#""n":0"#, "n"), Refused(#""n":1.5"#, "n"),
            Refused(#""logprobs":true"#, "logprobs", .capabilityMissing),
            Refused(#""top_logprobs":5"#, "top_logprobs", .capabilityMissing),
            Refused(#""modalities":["text","audio"]"#, "modalities[1]", .capabilityMissing),
            Refused(#""audio":{"voice":"x"}"#, "audio", .capabilityMissing),
            Refused(#""web_search_options":{}"#, "web_search_options", .capabilityMissing),
            Refused(#""suffix":"x""#, "suffix", .capabilityMissing),
            Refused(#""temperature":3"#, "temperature"), Refused(#""temperature":"1""#, "temperature"),
            Refused(#""max_tokens":0"#, "max_tokens"), Refused(#""stop":"""#, "stop"),
            Refused(#""stream":"yes""#, "stream"), Refused(#""model":"""#, "model"),
            Refused(#""model":"a\nb""#, "model"), Refused(#""reasoning_effort":"huge""#, "reasoning_effort"),
            Refused(#""response_format":{"type":"xml"}"#, "response_format.type"),
            Refused(#""response_format":{"type":"json_schema"}"#, "response_format.json_schema.schema"),
            Refused(#""tools":{}"#, "tools"), Refused(#""tools":[{"type":"function"}]"#, "tools[0].function"),
            Refused(#""tools":[{"type":"function","function":{}}]"#, "tools[0].function.name"),
            Refused(#""tool_choice":"some""#, "tool_choice"),
            Refused(
                #""tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"g"}}"#,
                "tool_choice"),
        ])
    func refused(_ refused: Refused) {
        let error = Self.refusal(Self.body(refused.members))
        #expect(error?.code == refused.code, "\(refused.members)")
        #expect(error?.field == refused.field, "\(refused.members)")
    }

    @Test(
        "a body that is not one strict JSON object is refused",
        arguments: [
            "", "[]", "1", "{", #"{"messages":[]} x"#, #"{"messages":[],"messages":[]}"#,
            #"{"model":"a","model":"b","messages":[{"role":"user","content":"x"}]}"#,
            #"{"messages":[{"role":"user","content":"\ud800"}]}"#,
            "{\"messages\":[{\"role\":\"user\",\"content\":\"\n\"}]}",
            String(repeating: "[", count: 65) + String(repeating: "]", count: 65), "{}", #"{"messages":[]}"#,
        ])
    func bodies(text: String) {
        #expect(Self.refusal(Array(text.utf8))?.code == .invalidRequest)
    }

    @Test("messages keep their order, roles and parts")
    func messages() throws {
        let found = try Self.readMessages(
            """
            {"role":"developer","content":"D","name":"x"},{"role":"system","content":[{"type":"text","text":"S"}]},
            {"role":"user","content":[{"type":"text","text":"T","cache_control":{"type":"ephemeral"}},
              {"type":"image_url","image_url":{"url":"https://h/i.png","detail":"low"}},
              {"type":"image_url","image_url":"data:image/PNG;base64,AAEC"},
              {"type":"file","file":{"file_data":"data:application/pdf;base64,AAE","filename":"f.pdf"}}]},
            {"role":"assistant","content":null,"reasoning_content":"R","refusal":null,
              "tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}},
                {"id":"c2","type":"custom","custom":{"name":"g","input":"a\\"b"}}]},
            {"role":"tool","tool_call_id":"c1","content":"4"},
            {"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"5"}]},
            {"role":"assistant","content":"A","refusal":"No"}
            """)
        #expect(
            found == [
                Message(.system, [.text("D")]), Message(.system, [.text("S")]),
                Message(
                    .user,
                    [
                        .text("T"), .cacheMarker(Self.raw(#"{"type":"ephemeral"}"#)), .imageURL("https://h/i.png"),
                        .imageData(mediaType: "image/png", base64: "AAEC"),
                        .document(Document(.data(mediaType: "application/pdf", base64: "AAE="), name: "f.pdf")),
                    ]),
                Message(
                    .assistant, [.reasoning(text: "R", signature: nil)],
                    toolCalls: [
                        ToolCall(id: "c1", name: "f", arguments: "{}"),
                        ToolCall(id: "c2", name: "g", arguments: #"{"input":"a\"b"}"#),
                    ]),
                Message(.tool, [.text("4")], toolCallID: "c1"), Message(.tool, [.text("5")], toolCallID: "c2"),
                Message(.assistant, [.text("A"), .text("No")]),
            ])
    }

    @Test("the older form of calls is bound by name")
    func functionMessages() throws {
        let found = try Self.readMessages(
            """
            {"role":"user","content":"Q"},
            {"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},
            {"role":"function","name":"f","content":"4"}
            """)
        #expect(found[1].toolCalls == [ToolCall(id: "call_1", name: "f", arguments: "{}")])
        #expect(found[2] == Message(.tool, [.text("4")], toolCallID: "call_1"))
    }

    @Test(
        "an invalid message is refused by name",
        arguments: [
            (#"{"content":"x"}"#, "messages[0].role"), (#"{"role":"robot","content":"x"}"#, "messages[0].role"),
            (#"{"role":"user"}"#, "messages[0].content"), (#"{"role":"user","content":[]}"#, "messages[0].content"),
            (#"{"role":"user","content":5}"#, "messages[0].content"),
            (#"{"role":"assistant","content":null}"#, "messages[0].content"),
            (#"{"role":"tool","content":"x"}"#, "messages[0].tool_call_id"),
            (#"{"role":"function","name":"f","content":"x"}"#, "messages[0].name"),
            (
                #"{"role":"user","content":"x","tool_calls":[{"id":"a","function":{"name":"f","arguments":""}}]}"#,
                "messages[0].tool_calls"
            ),
            (
                #"{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":""}}]}"#,
                "messages[0].tool_calls[0].id"
            ),
            (
                #"{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":{}}}]}"#,
                "messages[0].tool_calls[0].function.arguments"
            ),
            (
                #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,!"}}]}"#,
                "messages[0].content[0].image_url.url"
            ),
            (#"{"role":"user","content":[{"type":"poem"}]}"#, "messages[0].content[0].type"),
            (#"{"role":"user","content":[{"type":"text"}]}"#, "messages[0].content[0].text"),
            (#"{"role":"user","content":"a\u0000b"}"#, "messages[0].content"),
        ])
    func wrongMessages(message: String, field: String) {
        let error = Self.refusal(Array(#"{"messages":[\#(message)]}"#.utf8))
        #expect(error?.code == .invalidRequest)
        #expect(error?.field == field)
    }

    @Test(
        "content that no provider takes is refused",
        arguments: [
            #"{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}}]}"#,
            #"{"role":"user","content":[{"type":"file","file":{"file_id":"file-1"}}]}"#,
            #"{"role":"assistant","audio":{"id":"a"}}"#,
        ])
    func unsendable(message: String) {
        let error = Self.refusal(Array(#"{"messages":[\#(message)]}"#.utf8))
        #expect(error?.code == .capabilityMissing && error?.field?.hasPrefix("messages[0].") == true)
    }

    static let function =
        #"{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}}"#

    @Test("functions are tools")
    func tools() throws {
        let found = try Self.read(
            #""tools":[\#(Self.function),{"type":"function","function":{"name":"g"}}],"tool_choice":"required","#
                + #""parallel_tool_calls":false"#)
        #expect(
            found.request.tools == [
                Tool(name: "f", description: "d", parameters: Self.raw(#"{"type":"object"}"#)), Tool(name: "g"),
            ])
        #expect(found.request.toolChoice == .required && found.request.parallelToolCalls == false)
        #expect(found.calls == ChatCallForm())
    }

    @Test(
        "a choice among tools",
        arguments: [
            (#""auto""#, .auto, ["f", "g"]), (#""none""#, ToolChoice.none, ["f", "g"]),
            (#"{"type":"function","function":{"name":"g"}}"#, .named("g"), ["f", "g"]),
            (
                #"{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"g"}}]}}"#,
                .required, ["g"]
            ),
            (
                #"{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"f"}}]}}"#,
                .auto, ["f"]
            ),
        ] as [(String, ToolChoice, [String])])
    func choices(text: String, choice: ToolChoice, names: [String]) throws {
        let found = try Self.read(
            #""tool_choice":\#(text),"tools":[\#(Self.function),{"type":"function","function":{"name":"g"}}]"#)
        #expect(found.request.toolChoice == choice)
        #expect(found.request.tools.map(\.name) == names)
    }

    @Test("a choice without tools is ignored")
    func choiceAlone() throws {
        for members in [#""tool_choice":"auto""#, #""tools":[],"tool_choice":"required","parallel_tool_calls":true"#] {
            #expect(try Self.read(members) == Self.read(""))
        }
    }

    @Test("tools that a server would run are left out")
    func serverTools() throws {
        let found = try Self.read(
            #""tools":[{"type":"web_search"},\#(Self.function),{"type":"mcp","server_url":"u"}],"tool_choice":{"type":"web_search"}"#
        )
        #expect(found.request.tools.map(\.name) == ["f"] && found.request.toolChoice == nil)
        #expect(
            found.warnings == [
                "a tool that is neither a function nor custom was left out: ultrad runs no tools",
                "tool_choice was left out: the tool it names cannot be had",
            ])
    }

    @Test("a custom tool becomes a function of one string")
    func customTools() throws {
        let found = try Self.read(
            #""tools":[{"type":"custom","custom":{"name":"c","description":"d","format":{"type":"grammar","grammar":{"syntax":"lark","definition":"start: A"}}}}],"#
                + #""tool_choice":{"type":"custom","custom":{"name":"c"}}"#)
        #expect(found.calls.customTools == ["c"])
        #expect(found.request.tools.first?.description == "d\n\nThe input must match this grammar:\nstart: A")
        #expect(found.request.tools.first?.parameters == CustomTool.parameters)
        #expect(found.request.toolChoice == .named("c"))
        #expect(CustomTool.input(CustomTool.arguments("a\n\"b\"")) == "a\n\"b\"")
        #expect(CustomTool.input("plain") == "plain")
    }

    @Test("functions of the older form are answered in it")
    func functions() throws {
        let found = try Self.read(#""functions":[{"name":"f","parameters":{}}],"function_call":{"name":"f"}"#)
        #expect(found.request.tools.map(\.name) == ["f"] && found.request.toolChoice == .named("f"))
        #expect(found.calls.isLegacy && found.request.parallelToolCalls == false)
    }

    @Test(
        "formats",
        arguments: [
            (#"{"type":"text"}"#, .text), (#"{"type":"json_object"}"#, .json),
            (
                #"{"type":"json_schema","json_schema":{"name":"s","schema":{"a":1},"strict":true,"description":"d"}}"#,
                .schema(name: "s", schema: ChatRequestTests.raw(#"{"a":1}"#), strict: true)
            ),
            (
                #"{"type":"json_schema","json_schema":{"name":"s","schema":{},"strict":null}}"#,
                .schema(name: "s", schema: ChatRequestTests.raw("{}"), strict: false)
            ),
        ] as [(String, ResponseFormat)])
    func formats(text: String, format: ResponseFormat) throws {
        #expect(try Self.read(#""response_format":\#(text)"#).request.responseFormat == format)
    }

    @Test("reasoning effort in each of its places")
    func efforts() throws {
        let cases: [(String, Reasoning.Effort?, Int)] = [
            (#""reasoning_effort":"minimal""#, .minimal, 0), (#""reasoning":{"effort":"low"}"#, .low, 0),
            (#""reasoning":{"effort":"low"},"reasoning_effort":"medium""#, .medium, 0),
            (#""reasoning_effort":"high""#, .high, 0), (#""reasoning_effort":"xhigh""#, .high, 1),
            (#""reasoning_effort":"max""#, .high, 1), (#""reasoning_effort":"none""#, nil, 1),
        ]
        for (members, effort, warnings) in cases {
            let found = try Self.read(members)
            #expect(found.request.reasoning?.effort == effort)
            #expect(found.warnings.count == warnings)
        }
    }
}
