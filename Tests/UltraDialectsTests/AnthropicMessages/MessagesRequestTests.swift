import Testing
import UltraAPI

@testable import UltraDialects

@Suite("Messages requests")
struct MessagesRequestTests {
    /// Members beside one user message.
    static func read(_ members: String) throws -> MessagesRequest {
        try MessagesRequest(
            Array(
                (#"{"messages":[{"role":"user","content":"Hi"}]"# + (members.isEmpty ? "" : ",") + members + "}").utf8))
    }

    static func messages(_ messages: String) throws -> [Message] {
        try MessagesRequest(Array(#"{"messages":[\#(messages)]}"#.utf8)).request.messages
    }

    /// The parts of a user message with this content.
    static func parts(_ blocks: String) throws -> [Part] {
        try messages(#"{"role":"user","content":[\#(blocks)]}"#).flatMap(\.parts)
    }

    static func refusal(_ body: String) -> UltraError? {
        do throws(UltraError) {
            _ = try MessagesRequest(Array(body.utf8))
            return nil
        } catch {
            return error
        }
    }

    static func raw(_ text: String) -> RawJSON { RawJSON(validated: Array(text.utf8)) }

    @Test("parameters")
    func parameters() throws {
        let found = try Self.read(
            #""model":"a/b","max_tokens":7,"temperature":1,"top_p":0.5,"top_k":3,"stop_sequences":["x"],"stream":true,"service_tier":"auto","speed":"standard","mcp_servers":[]"#
        )
        #expect(found.request.model == "a/b" && found.isStream && found.warnings == [])
        let sampling = found.request.sampling
        #expect(sampling.maxTokens == 7 && sampling.temperature == 1 && sampling.topP == 0.5 && sampling.topK == 3)
        #expect(sampling.stop == ["x"])
        #expect(try !Self.read("").isStream)
    }

    @Test("system text comes first; a billing block, which changes with every request, is left out")
    func system() throws {
        let system = try Self.read(#""system":"S""#).request.messages[0]
        #expect(system == Message(.system, [.text("S")]))
        let blocks = try Self.read(
            #""system":[{"type":"text","text":"x-anthropic-billing-header: v=1"},{"type":"text","text":"A","cache_control":{"type":"ephemeral"}},{"type":"text","text":"B"}]"#
        ).request.messages[0]
        #expect(
            blocks == Message(.system, [.text("A"), .cacheMarker(Self.raw(#"{"type":"ephemeral"}"#)), .text("B")]))
        #expect(
            try Self.messages(#"{"role":"user","content":"a"},{"role":"system","content":"b"}"#)
                == [Message(.user, [.text("a")]), Message(.system, [.text("b")])])
    }

    @Test(
        "blocks of a user",
        arguments: [
            (#"{"type":"text","text":"a"}"#, [.text("a")]),
            (
                #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAEC"}}"#,
                [.imageData(mediaType: "image/png", base64: "AAEC")]
            ),
            (#"{"type":"image","source":{"type":"url","url":"https://a/b"}}"#, [.imageURL("https://a/b")]),
            (
                #"{"type":"document","title":"t","source":{"type":"base64","media_type":"application/pdf","data":"AAEC"}}"#,
                [.document(Document(.data(mediaType: "application/pdf", base64: "AAEC"), name: "t"))]
            ),
            (
                #"{"type":"document","source":{"type":"url","url":"https://a/b"}}"#,
                [.document(Document(.url("https://a/b")))]
            ),
            (
                #"{"type":"document","title":"t","source":{"type":"text","media_type":"text/plain","data":"d"}}"#,
                [.text("t"), .text("d")]
            ),
            (
                #"{"type":"document","source":{"type":"content","content":[{"type":"text","text":"d"}]}}"#, [.text("d")]
            ),
            (
                #"{"type":"search_result","source":"https://a","title":"t","content":[{"type":"text","text":"r"}]}"#,
                [.text("t\nhttps://a\nr")]
            ),
            (#"{"type":"tool_reference","tool_name":"f"}"#, [.text("f")]),
            (
                #"{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}"#,
                [.text("a"), .cacheMarker(raw(#"{"type":"ephemeral"}"#))]
            ),
        ] as [(String, [Part])])
    func blocks(block: String, parts: [Part]) throws {
        #expect(try Self.parts(block) == parts)
    }

    @Test("an assistant's blocks keep their order, thinking its signature, a call the signature before it")
    func assistant() throws {
        let found = try Self.messages(
            #"{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"T","signature":"anthropic:s"},{"type":"redacted_thinking","data":"anthropic:r"},{"type":"thinking","thinking":"U","signature":""},{"type":"text","text":"b"},{"type":"thinking","thinking":"","signature":"call:gemini:g"},{"type":"tool_use","id":"c","name":"f","input":{ "x":1 }},{"type":"text","text":"d"}]}"#
        )
        var message = Message(
            .assistant,
            [
                .reasoning(text: "T", signature: "anthropic:s"), .reasoning(text: "", signature: "anthropic:r"),
                .reasoning(text: "U", signature: nil), .text("b"), .text("d"),
            ], toolCalls: [ToolCall(id: "c", name: "f", arguments: #"{ "x":1 }"#, signature: "gemini:g")])
        message.callPlaces = [4]
        #expect(found[1] == message)
    }

    @Test("results of tools precede the text beside them")
    func results() throws {
        let found = try Self.messages(
            #"{"role":"user","content":[{"type":"text","text":"t"},{"type":"tool_result","tool_use_id":"c","content":"r"},{"type":"tool_result","tool_use_id":"d","content":[{"type":"text","text":"u"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAEC"}}]},{"type":"tool_result","tool_use_id":"e"}]}"#
        )
        #expect(
            found == [
                Message(.tool, [.text("r")], toolCallID: "c"),
                Message(.tool, [.text("u"), .imageData(mediaType: "image/png", base64: "AAEC")], toolCallID: "d"),
                Message(.tool, [.text("")], toolCallID: "e"), Message(.user, [.text("t")]),
            ])
    }

    @Test("blocks of tools that a server ran are left out with a warning")
    func serverBlocks() throws {
        let found = try MessagesRequest(
            Array(
                #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"server_tool_use","id":"s","name":"web_search","input":{}},{"type":"web_search_tool_result","tool_use_id":"s","content":[{"type":"web_search_result","url":"u"}]},{"type":"text","text":"b"}]}]}"#
                    .utf8))
        #expect(found.request.messages[1] == Message(.assistant, [.text("b")]))
        #expect(
            found.warnings
                == ["server_tool_use", "web_search_tool_result"].map {
                    "\($0) was left out: it cannot be translated"
                })
    }

    @Test("tools, and those that are deferred until a reference names them")
    func tools() throws {
        let tool = #"{"name":"f","description":"d","input_schema":{"type":"object"},"eager_input_streaming":true}"#
        let found = try Self.read(
            #""tools":[\#(tool),{"type":"custom","name":"g","input_schema":{}},{"type":"web_search_20260318","name":"web_search"},{"type":"bash_20250124","name":"bash"},{"name":"later","defer_loading":true,"input_schema":{}}]"#
        )
        #expect(
            found.request.tools == [
                Tool(name: "f", description: "d", parameters: Self.raw(#"{"type":"object"}"#)),
                Tool(name: "g", parameters: Self.raw("{}")),
            ])
        #expect(found.warnings.count == 1 && found.warnings[0].contains("no input_schema"))
        let later = try MessagesRequest(
            Array(
                #"{"tools":[{"name":"later","defer_loading":true,"input_schema":{}}],"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":[{"type":"tool_reference","tool_name":"later"}]}]}]}"#
                    .utf8))
        #expect(later.request.tools.map(\.name) == ["later"])
    }

    @Test(
        "the choice among tools",
        arguments: [
            (#"{"type":"auto"}"#, .auto, nil), (#"{"type":"any"}"#, .required, nil),
            (#"{"type":"none"}"#, ToolChoice.none, nil),
            (#"{"type":"tool","name":"f"}"#, .named("f"), nil),
            (#"{"type":"auto","disable_parallel_tool_use":true}"#, .auto, false),
            (#"{"type":"auto","disable_parallel_tool_use":false}"#, .auto, nil),
        ] as [(String, ToolChoice, Bool?)])
    func choice(json: String, choice: ToolChoice, isParallel: Bool?) throws {
        let found = try Self.read(#""tools":[{"name":"f","input_schema":{}}],"tool_choice":\#(json)"#).request
        #expect(found.toolChoice == choice && found.parallelToolCalls == isParallel)
    }

    @Test(
        "thinking and effort",
        arguments: [
            ("", nil, []),
            (#""thinking":{"type":"enabled","budget_tokens":2048}"#, Reasoning(budgetTokens: 2048), []),
            (#""thinking":{"type":"adaptive"}"#, Reasoning(effort: .medium), []),
            (#""thinking":{"type":"adaptive"},"output_config":{"effort":"low"}"#, Reasoning(effort: .low), []),
            (
                #""output_config":{"effort":"max"}"#, Reasoning(effort: .high), ["output_config.effort max became high"]
            ),
            (
                #""thinking":{"type":"disabled"}"#, nil,
                ["thinking disabled was left out: the model reasons as it does by default"]
            ),
        ] as [(String, Reasoning?, [String])])
    func thinking(members: String, reasoning: Reasoning?, warnings: [String]) throws {
        let found = try Self.read(members)
        #expect(found.request.reasoning == reasoning && found.warnings == warnings)
    }

    @Test("a format", arguments: [#""output_config":{"format":F}"#, #""output_format":F"#])
    func format(member: String) throws {
        let text = member.replacing("F", with: #"{"type":"json_schema","schema":{"type":"object"}}"#)
        #expect(
            try Self.read(text).request.responseFormat
                == .schema(name: "answer", schema: Self.raw(#"{"type":"object"}"#), strict: true))
    }

    @Test(
        "tuning parameters are dropped with a warning",
        arguments: [
            (#""metadata":{"user_id":"u"}"#, "metadata"), (#""service_tier":"standard_only""#, "service_tier"),
            (#""speed":"fast""#, "speed"), (#""context_management":{"edits":[]}"#, "context_management"),
            (#""something_new":1"#, "something_new"), (#""output_config":{"x":1}"#, "output_config.x"),
        ])
    func dropped(members: String, name: String) throws {
        #expect(try Self.read(members).warnings == ["\(name) was left out: it cannot be translated"])
    }

    @Test(
        "refusals name the member",
        arguments: [
            ("{}", "messages", .invalidRequest), (#"{"messages":[]}"#, "messages", .invalidRequest),
            (#"{"messages":[{"role":"tool","content":"a"}]}"#, "messages[0].role", .invalidRequest),
            (
                #"{"messages":[{"role":"user","content":[{"type":"text"}]}]}"#, "messages[0].content[0].text",
                .invalidRequest
            ),
            (
                #"{"messages":[{"role":"user","content":[{"type":"tool_use","id":"c","name":"f","input":{}}]}]}"#,
                "messages[0].content", .invalidRequest
            ),
            (
                #"{"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f"}]}]}"#,
                "messages[0].content[0].input", .invalidRequest
            ),
            (
                #"{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"%"}}]}]}"#,
                "messages[0].content[0].source.data", .invalidRequest
            ),
            (
                #"{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"file","file_id":"f"}}]}]}"#,
                "messages[0].content[0]", .capabilityMissing
            ),
            (#"{"messages":[{"role":"user","content":"a"}],"container":"c"}"#, "container", .capabilityMissing),
            (
                #"{"messages":[{"role":"user","content":"a"}],"mcp_servers":[{"url":"u"}]}"#, "mcp_servers[0]",
                .capabilityMissing
            ),
            (
                #"{"messages":[{"role":"user","content":"a"}],"tools":[{"name":"f","input_schema":{}}],"tool_choice":{"type":"tool","name":"g"}}"#,
                "tool_choice", .invalidRequest
            ),
        ] as [(String, String, ErrorCode)])
    func refused(body: String, field: String, code: ErrorCode) {
        let error = Self.refusal(body)
        #expect(error?.code == code && error?.field == field, "\(error?.message ?? "none")")
    }

    @Test("an estimate of tokens: a quarter of the bytes, a thousand for an image")
    func tokens() throws {
        let found = try MessagesRequest(
            Array(
                #"{"messages":[{"role":"user","content":[{"type":"text","text":"12345"},{"type":"image","source":{"type":"url","url":"https://a"}}]}]}"#
                    .utf8))
        #expect(String(decoding: found.tokenCount, as: UTF8.self) == #"{"input_tokens":1002}"#)
    }
}
