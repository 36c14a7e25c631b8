import Testing
import UltraAPI

@testable import UltraDialects

@Suite("Responses requests")
struct ResponsesRequestTests {
    /// Members beside a text.
    static func read(_ members: String) throws -> ResponsesRequest {
        try ResponsesRequest(Array((#"{"input":"Hi""# + (members.isEmpty ? "" : ",") + members + "}").utf8))
    }

    static func messages(_ items: String) throws -> [Message] {
        try ResponsesRequest(Array(#"{"input":[\#(items)]}"#.utf8)).request.messages
    }

    static func refusal(_ body: String) -> UltraError? {
        do throws(UltraError) {
            _ = try ResponsesRequest(Array(body.utf8))
            return nil
        } catch {
            return error
        }
    }

    static func raw(_ text: String) -> RawJSON { RawJSON(validated: Array(text.utf8)) }

    @Test("parameters, and what the answer repeats")
    func parameters() throws {
        let found = try Self.read(
            #""model":"a/b","instructions":"I","stream":true,"max_output_tokens":7,"temperature":1,"top_p":0.5,"presence_penalty":1,"frequency_penalty":-1,"store":false,"truncation":"disabled","service_tier":"auto","background":false,"top_logprobs":0,"include":["reasoning.encrypted_content"],"stream_options":{"include_obfuscation":false}"#
        )
        #expect(found.request.model == "a/b" && found.isStream && found.warnings == [])
        let sampling = found.request.sampling
        #expect(sampling.maxTokens == 7 && sampling.temperature == 1 && sampling.topP == 0.5)
        #expect(sampling.presencePenalty == 1 && sampling.frequencyPenalty == -1)
        #expect(found.request.messages == [Message(.system, [.text("I")]), Message(.user, [.text("Hi")])])
        #expect(found.form.includesSignatures && found.form.echo["instructions"] == Self.raw(#""I""#))
        #expect(found.form.echo["store"] == nil)
    }

    @Test("adjacent items of the assistant are one message, in their order")
    func items() throws {
        let found = try Self.messages(
            #"{"role":"developer","content":"D"},{"type":"message","role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_image","image_url":"data:image/png;base64,AAEC"},{"type":"input_file","filename":"f","file_data":"data:application/pdf;base64,AAEC"}]},{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"T"}],"encrypted_content":"openai:s"},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"b","annotations":[]}]},{"type":"reasoning","summary":[],"encrypted_content":"call:gemini:g"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"custom_tool_call","call_id":"d","name":"g","input":"x"},{"type":"function_call_output","call_id":"c","output":"1"},{"type":"custom_tool_call_output","call_id":"d","output":[{"type":"input_text","text":"2"}]},{"type":"local_shell_call","id":"l","call_id":"e","action":{"command":["ls"]}},{"type":"local_shell_call_output","id":"e","output":""}"#
        )
        #expect(
            found == [
                Message(.system, [.text("D")]),
                Message(
                    .user,
                    [
                        .text("a"), .imageData(mediaType: "image/png", base64: "AAEC"),
                        .document(Document(.data(mediaType: "application/pdf", base64: "AAEC"), name: "f")),
                    ]),
                Message(
                    .assistant, [.reasoning(text: "T", signature: "openai:s"), .text("b")],
                    toolCalls: [
                        ToolCall(id: "c", name: "f", arguments: "{}", signature: "gemini:g"),
                        ToolCall(id: "d", name: "g", arguments: #"{"input":"x"}"#),
                    ]), Message(.tool, [.text("1")], toolCallID: "c"), Message(.tool, [.text("2")], toolCallID: "d"),
                Message(
                    .assistant, [],
                    toolCalls: [ToolCall(id: "e", name: "local_shell", arguments: #"{"command":["ls"]}"#)]),
                Message(.tool, [.text("")], toolCallID: "e"),
            ])
        let between = try Self.messages(
            #"{"role":"user","content":"a"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"role":"assistant","content":"b"}"#
        )
        #expect(between[1].callPlaces == [0] && between[1].parts == [.text("b")])
    }

    @Test("items and tools of servers are left out with a warning")
    func serverItems() throws {
        let found = try ResponsesRequest(
            Array(
                #"{"input":[{"role":"user","content":"a"},{"type":"web_search_call","id":"w","status":"completed","action":{"type":"search"}}],"tools":[{"type":"web_search"},{"type":"code_interpreter","container":{"type":"auto"}}],"store":true,"user":"u","text":{"verbosity":"low"}}"#
                    .utf8))
        #expect(found.request.messages.count == 1 && found.request.tools == [])
        #expect(
            Set(found.warnings) == [
                "web_search_call was left out: it cannot be translated",
                "a tool that is neither a function nor custom was left out: ultrad runs no tools",
                "store was left out: ultrad keeps no responses", "user was left out: it cannot be translated",
                "text.verbosity was left out: it cannot be translated",
            ])
    }

    @Test("tools: functions, custom ones, namespaces and the shell")
    func tools() throws {
        let found = try Self.read(
            #""tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object"},"strict":true},{"type":"custom","name":"patch","description":"p","format":{"type":"grammar","syntax":"lark","definition":"start: x"}},{"tools":[{"type":"function","name":"read","parameters":{}},{"type":"function","name":"both"},{"type":"function","name":"f"}],"type":"namespace","name":"mcp__a"},{"type":"namespace","name":"b","tools":[{"type":"function","name":"both"}]},{"type":"local_shell"}]"#
        )
        #expect(
            found.request.tools.map(\.name) == [
                "f", "patch", "mcp__a__read", "mcp__a__both", "mcp__a__f", "b__both", "local_shell",
            ])
        #expect(found.request.tools[0].parameters == Self.raw(#"{"type":"object"}"#))
        #expect(found.request.tools[1].description == "p\n\nThe input must match this grammar:\nstart: x")
        let calls = found.form.calls
        #expect(calls.customTools == ["patch"])
        #expect(calls.split("mcp__a__read") == ResponsesNames(namespace: "mcp__a", name: "read"))
        #expect(calls.split("read") == ResponsesNames(namespace: "mcp__a", name: "read"))
        // An ambiguous name, a function without namespace, and an unknown name.
        #expect(calls.split("both") == nil && calls.split("f") == nil && calls.split("x") == nil)
    }

    @Test("long names of a namespace keep within 64 bytes and stay apart")
    func longNames() {
        let (a, b) = (String(repeating: "n", count: 60), String(repeating: "n", count: 61))
        let names = [ResponsesNames.flat(a, "read"), ResponsesNames.flat(a, "write"), ResponsesNames.flat(b, "read")]
        #expect(Set(names).count == 3 && names.allSatisfy { $0.utf8.count <= 64 })
        #expect(names[0] == ResponsesNames.flat(a, "read"))
        #expect(ResponsesNames.flat("a", "read") == "a__read" && ResponsesNames.flat(nil, "read") == "read")
    }

    @Test(
        "the choice among tools",
        arguments: [
            (#""auto""#, .auto, 2), (#""required""#, .required, 2), (#""none""#, ToolChoice.none, 2),
            (#"{"type":"function","name":"f"}"#, .named("f"), 2),
            (#"{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"g"}]}"#, .required, 1),
            (#"{"type":"web_search"}"#, nil, 2),
        ] as [(String, ToolChoice?, Int)])
    func choice(json: String, choice: ToolChoice?, count: Int) throws {
        let found = try Self.read(
            #""tools":[{"type":"function","name":"f"},{"type":"function","name":"g"}],"tool_choice":\#(json)"#
        ).request
        #expect(found.toolChoice == choice && found.tools.count == count)
    }

    @Test("effort and formats")
    func effort() throws {
        let found = try Self.read(
            #""reasoning":{"effort":"xhigh","summary":"auto"},"text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true}}"#
        )
        #expect(found.request.reasoning == Reasoning(effort: .high))
        #expect(found.warnings == ["reasoning.effort xhigh became high"])
        #expect(
            found.request.responseFormat == .schema(name: "n", schema: Self.raw(#"{"type":"object"}"#), strict: true))
        #expect(try Self.read(#""text":{"format":{"type":"json_object"}}"#).request.responseFormat == .json)
    }

    @Test(
        "refusals name the member",
        arguments: [
            ("{}", "input", .invalidRequest), (#"{"input":[]}"#, "input", .invalidRequest),
            (#"{"input":"a","previous_response_id":"r"}"#, "previous_response_id", .capabilityMissing),
            (#"{"input":"a","conversation":"c"}"#, "conversation", .capabilityMissing),
            (#"{"input":"a","background":true}"#, "background", .capabilityMissing),
            (#"{"input":"a","prompt":{"id":"p"}}"#, "prompt", .capabilityMissing),
            (#"{"input":"a","top_logprobs":2}"#, "top_logprobs", .capabilityMissing),
            (#"{"input":"a","include":["message.output_text.logprobs"]}"#, "include[0]", .capabilityMissing),
            (#"{"input":[{"type":"item_reference","id":"i"}]}"#, "input[0]", .capabilityMissing),
            (
                #"{"input":[{"role":"user","content":[{"type":"input_image","file_id":"f"}]}]}"#,
                "input[0].content[0].file_id", .capabilityMissing
            ),
            (#"{"input":[{"type":"function_call","name":"f","arguments":"{}"}]}"#, "input[0].call_id", .invalidRequest),
            (#"{"input":[{"content":"a"}]}"#, "input[0].role", .invalidRequest),
            (#"{"input":"a","tools":[{"type":"function"}]}"#, "tools[0].name", .invalidRequest),
            (#"{"input":"a","tools":[{"type":"namespace","name":"n"}]}"#, "tools[0].tools", .invalidRequest),
        ] as [(String, String, ErrorCode)])
    func refused(body: String, field: String, code: ErrorCode) {
        let error = Self.refusal(body)
        #expect(error?.code == code && error?.field == field, "\(error?.message ?? "none") \(error?.field ?? "none")")
    }
}
