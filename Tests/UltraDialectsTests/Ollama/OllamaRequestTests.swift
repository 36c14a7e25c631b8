import Testing
import UltraAPI

@testable import UltraDialects

@Suite("Ollama requests")
struct OllamaRequestTests {
    static func chat(_ members: String) throws -> OllamaRequest<OllamaChat> {
        try OllamaRequest(
            Array(
                (#"{"model":"m","messages":[{"role":"user","content":"Hi"}]"# + (members.isEmpty ? "" : ",") + members
                    + "}").utf8))
    }

    static func generate(_ members: String) throws -> OllamaRequest<OllamaGenerate> {
        try OllamaRequest(Array((#"{"model":"m""# + (members.isEmpty ? "" : ",") + members + "}").utf8))
    }

    static func messages(_ messages: String) throws -> [Message] {
        try OllamaRequest<OllamaChat>(Array(#"{"model":"m","messages":[\#(messages)]}"#.utf8)).request.messages
    }

    static func refusal(_ read: () throws(UltraError) -> Void) -> UltraError? {
        do throws(UltraError) {
            try read()
            return nil
        } catch {
            return error
        }
    }

    static func raw(_ text: String) -> RawJSON { RawJSON(validated: Array(text.utf8)) }

    @Test("a stream unless it is refused")
    func stream() throws {
        #expect(try Self.chat("").isStream)
        #expect(try !Self.chat(#""stream":false"#).isStream)
        #expect(try Self.chat("").name == "m")
    }

    @Test("options are sampling parameters; a negative limit means no limit")
    func options() throws {
        let found = try Self.chat(
            #""options":{"num_predict":7,"temperature":0.5,"top_p":1,"top_k":3,"seed":5,"stop":["x"],"frequency_penalty":1,"presence_penalty":-1}"#
        )
        var sampling = Sampling()
        (sampling.maxTokens, sampling.temperature, sampling.topP, sampling.topK) = (7, 0.5, 1, 3)
        (sampling.seed, sampling.stop, sampling.frequencyPenalty, sampling.presencePenalty) = (5, ["x"], 1, -1)
        #expect(found.request.sampling == sampling && found.warnings == [])
        #expect(try Self.chat(#""options":{"num_predict":-1,"top_k":0}"#).request.sampling == Sampling())
    }

    @Test("members for Ollama's servers alone go to them, and are dropped with a warning for others")
    func ownMembers() throws {
        let found = try Self.chat(
            #""keep_alive":"5m","options":{"num_ctx":8192,"use_mmap":true,"zzz":1},"think":false,"shift":true"#)
        #expect(
            found.request.providerOptions == [
                "ollama": Self.raw(#"{"think":false,"keep_alive":"5m","options":{"num_ctx":8192,"use_mmap":true}}"#)
            ])
        let dropped = ["options.zzz", "shift"].map { "\($0) was left out: it cannot be translated" }
        #expect(found.warnings(of: "ollama") == dropped)
        #expect(
            found.warnings(of: "openai")
                == dropped
                + ["keep_alive", "options.num_ctx", "options.use_mmap", "think"].map {
                    "\($0) was left out: it is for Ollama's servers"
                })
    }

    @Test(
        "thinking",
        arguments: [
            ("", nil), (#""think":true"#, Reasoning()), (#""think":false"#, Reasoning(isIncluded: false)),
            (#""think":"low""#, Reasoning(effort: .low)), (#""think":"max""#, Reasoning(effort: .high)),
        ] as [(String, Reasoning?)])
    func think(members: String, reasoning: Reasoning?) throws {
        #expect(try Self.chat(members).request.reasoning == reasoning)
    }

    @Test(
        "formats",
        arguments: [
            (#""format":"json""#, .json), (#""format":"""#, .text), (#""format":null"#, .text),
            (#""format":{"type":"object"}"#, .schema(name: "answer", schema: raw(#"{"type":"object"}"#), strict: true)),
        ] as [(String, ResponseFormat)])
    func format(members: String, format: ResponseFormat) throws {
        #expect(try Self.chat(members).request.responseFormat == format)
    }

    @Test("messages with images, thinking and calls; results find their calls by id, by name, or in order")
    func messages() throws {
        let found = try Self.messages(
            #"{"role":"system","content":"S"},{"role":"user","content":"a","images":["AAEC","data:image/gif;base64,AAEC"]},{"role":"assistant","content":"","thinking":"T","tool_calls":[{"function":{"name":"f","arguments":{"x":1}}},{"function":{"name":"g","arguments":{}}},{"id":"own","function":{"name":"h","arguments":"{}"}}]},{"role":"tool","tool_call_id":"own","content":"3"},{"role":"tool","tool_name":"g","content":"2"},{"role":"tool","content":"1"},{"role":"assistant","content":"b","tool_calls":[{"function":{"name":"f","arguments":{}}}]}"#
        )
        #expect(
            found == [
                Message(.system, [.text("S")]),
                Message(
                    .user,
                    [
                        .text("a"), .imageData(mediaType: "image/png", base64: "AAEC"),
                        .imageData(mediaType: "image/gif", base64: "AAEC"),
                    ]),
                Message(
                    .assistant, [.reasoning(text: "T", signature: nil)],
                    toolCalls: [
                        ToolCall(id: "call_0", name: "f", arguments: #"{"x":1}"#),
                        ToolCall(id: "call_1", name: "g", arguments: "{}"),
                        ToolCall(id: "own", name: "h", arguments: "{}"),
                    ]), Message(.tool, [.text("3")], toolCallID: "own"),
                Message(.tool, [.text("2")], toolCallID: "call_1"), Message(.tool, [.text("1")], toolCallID: "call_0"),
                Message(
                    .assistant, [.text("b")], toolCalls: [ToolCall(id: "call_3", name: "f", arguments: "{}")]),
            ])
    }

    @Test("a result without a call is what a user says")
    func orphan() throws {
        let found = try OllamaRequest<OllamaChat>(
            Array(#"{"model":"m","messages":[{"role":"tool","tool_call_id":null,"content":"a"}]}"#.utf8))
        #expect(found.request.messages == [Message(.user, [.text("a")])])
        #expect(found.warnings == ["a tool message without a call before it became a user message"])
    }

    @Test("a prompt, and requests that only load a model")
    func prompts() throws {
        let found = try Self.generate(#""prompt":"a","system":"S","images":["AAEC"]"#).request.messages
        #expect(
            found == [
                Message(.system, [.text("S")]),
                Message(.user, [.text("a"), .imageData(mediaType: "image/png", base64: "AAEC")]),
            ])
        #expect(try Self.generate("").request.messages == [])
        #expect(try !Self.generate(#""prompt":"""#).unloads)
        #expect(try Self.generate(#""keep_alive":0"#).unloads)
        #expect(try OllamaRequest<OllamaChat>(Array(#"{"model":"m","messages":[]}"#.utf8)).request.messages == [])
    }

    @Test(
        "refusals name the member",
        arguments: [
            (#"{"messages":[]}"#, "model", .invalidRequest),
            (#"{"model":"m","messages":[{"content":"a"}]}"#, "messages[0].role", .invalidRequest),
            (
                #"{"model":"m","messages":[{"role":"user","content":"a","images":["%"]}]}"#, "messages[0].images[0]",
                .invalidRequest
            ),
            (#"{"model":"m","messages":[],"format":"xml"}"#, "format", .invalidRequest),
            (#"{"model":"m","messages":[],"tools":[{}]}"#, "tools[0].function", .invalidRequest),
            (#"{"model":"m","messages":[],"logprobs":true}"#, "logprobs", .capabilityMissing),
        ] as [(String, String, ErrorCode)])
    func refused(body: String, field: String, code: ErrorCode) {
        let error = Self.refusal { () throws(UltraError) in _ = try OllamaRequest<OllamaChat>(Array(body.utf8)) }
        #expect(error?.code == code && error?.field == field, "\(error?.message ?? "none")")
    }

    @Test(
        "members that would change a generated answer are refused",
        arguments: [#""suffix":"s""#, #""raw":true"#, #""template":"t""#, #""context":[1]"#])
    func refusedPrompt(members: String) {
        let error = Self.refusal { () throws(UltraError) in
            _ = try OllamaRequest<OllamaGenerate>(Array(#"{"model":"m","prompt":"a",\#(members)}"#.utf8))
        }
        #expect(error?.code == .capabilityMissing)
    }

    @Test("embeddings, in both forms")
    func embeddings() throws {
        let found = try OllamaEmbedRequest(
            Array(#"{"model":"m","input":["a","b"],"truncate":true,"keep_alive":1}"#.utf8), isLegacy: false)
        #expect(found.request.input == ["a", "b"] && found.warnings.count == 1)
        var vectors = Embeddings(vectors: [Self.raw("[0.5,1]"), Self.raw("[2]")])
        vectors.inputTokens = 3
        let answer = EmbedAnswer(model: "a/m", provider: "a", vectors)
        #expect(
            String(decoding: found.body(answer), as: UTF8.self)
                == #"{"model":"m","embeddings":[[0.5,1],[2]],"total_duration":0,"load_duration":0,"prompt_eval_count":3}"#
        )
        let old = try OllamaEmbedRequest(Array(#"{"model":"m","prompt":"a"}"#.utf8), isLegacy: true)
        #expect(old.request.input == ["a"])
        #expect(String(decoding: old.body(answer), as: UTF8.self) == #"{"embedding":[0.5,1]}"#)
    }
}
