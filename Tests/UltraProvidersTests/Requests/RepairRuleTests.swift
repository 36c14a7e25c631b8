import Testing
import UltraAPI

@testable import UltraProviders

/// Rules for the repair of requests, each as a table.
struct RepairRuleTests {
    @Test(
        "arguments become an object: unchanged, closed where they were cut, or wrapped in one",
        arguments: [
            (#"{"a":1}"#, CallArguments.Repaired.same(#"{"a":1}"#)), ("{}", .same("{}")), (" {} ", .same(" {} ")),
            ("", .same("{}")), (" \n", .same("{}")), ("null", .same("{}")), (" null ", .same("{}")),
            (#""""#, .same("{}")),
            (#"{"text": "Once upon"#, .completed(#"{"text": "Once upon"}"#)), ("{", .completed("{}")),
            (#"{"a":{"b":[1,{"c":"x"#, .completed(#"{"a":{"b":[1,{"c":"x"}]}}"#)),
            (#"{"a":1,"#, .completed(#"{"a":1}"#)), (#"{"a":1,"b"#, .completed(#"{"a":1}"#)),
            (#"{"a":1,"b""#, .completed(#"{"a":1}"#)), (#"{"a":1,"b":"#, .completed(#"{"a":1}"#)),
            (#"{"a":[1,2"#, .completed(#"{"a":[1,2]}"#)), (#"{"a":12."#, .completed(#"{"a":12}"#)),
            (#"{"a":-"#, .completed("{}")), (#"{"a":1e+"#, .completed(#"{"a":1}"#)),
            (#"{"a":tr"#, .completed(#"{"a":true}"#)), (#"{"a":true"#, .completed(#"{"a":true}"#)),
            (#"{"a":"x\"#, .completed(#"{"a":"x"}"#)), (#"{"a":"x\u00"#, .completed(#"{"a":"x"}"#)),
            (#"{"a":"x\ud83d"#, .completed(#"{"a":"x"}"#)), (#"{"a":"x\ud83d\ude"#, .completed(#"{"a":"x"}"#)),
            (#"{"a":"x\\"#, .completed(#"{"a":"x\\"}"#)), (#"{"a":"{[,:"#, .completed(#"{"a":"{[,:"}"#)),
            (#"{"a":"\ud83d\ude00"#, .completed(#"{"a":"\ud83d\ude00"}"#)),
            ("[1]", .wrapped(#"{"arguments":"[1]"}"#)), ("7", .wrapped(#"{"arguments":"7"}"#)),
            ("Paris", .wrapped(#"{"arguments":"Paris"}"#)), ("{} {}", .wrapped(#"{"arguments":"{} {}"}"#)),
            (#"{"a":}"#, .wrapped(#"{"arguments":"{\"a\":}"}"#)), ("{foo", .wrapped(#"{"arguments":"{foo"}"#)),
            (#"{"a":[1}"#, .wrapped(#"{"arguments":"{\"a\":[1}"}"#)),
            (#"{"a":foo"#, .wrapped(#"{"arguments":"{\"a\":foo"}"#)),
        ])
    func arguments(text: String, repaired: CallArguments.Repaired) {
        #expect(CallArguments.repaired(text) == repaired)
    }

    @Test(
        "names keep accepted characters, fit the length and stay distinct",
        arguments: [
            (["f"], ["f"]), (["files.read"], ["files_read"]), (["a/b", "a_b"], ["a_b_2", "a_b"]),
            (["a.b", "a:b", "a b"], ["a_b", "a_b_2", "a_b_3"]), (["é"], ["__"]),
            ([String(repeating: "x", count: 64)], [String(repeating: "x", count: 64)]),
        ])
    func names(names: [String], sent: [String]) {
        let table = ToolNames(names, .word64)
        #expect(names.map(table.sent) == sent)
        #expect(sent.map(table.original) == names)
    }

    @Test("long names that begin alike stay apart, and always become the same")
    func longNames() {
        let names = (0..<40).map { String(repeating: "tool_", count: 20) + "\($0)" }
        let sent = names.map(ToolNames(names, .word64).sent)
        #expect(Set(sent).count == names.count)
        #expect(sent.allSatisfy(NameRule.word64.accepts))
        #expect(ToolNames([names[3]], .word64).sent(names[3]) == sent[3])
    }

    @Test(
        "ids of calls fit, in call and result",
        arguments: [
            (NameRule.openAI, "call_1", "call_1"), (.openAI, "functions.look:0", "functions.look:0"),
            (.nineLetters, "D681PevKs", "D681PevKs"), (.word64, "functions.g:0", "functions_2eg_3a0"),
        ])
    func ids(rule: NameRule, id: String, sent: String) {
        #expect(CallIDs.conforming(id, rule) == sent)
    }

    @Test("an id that comes again is another one, and its result follows it")
    func repeatedIDs() {
        var ids = CallIDs(.any)
        ids.beginTurn()
        let first = [ids.call("a"), ids.call("b"), ids.call("a")]
        #expect(first == ["a", "b", "a_2"])
        #expect([ids.result("a"), ids.result("a"), ids.result("b")] == ["a", "a_2", "b"])
        ids.beginTurn()
        #expect(ids.call("a") == "a_3")
        #expect(ids.result("a") == "a_3")
        #expect(ids.result("c") == "c")
    }

    @Test("ids too long for OpenAI stay distinct within its length")
    func longIDs() {
        let ids = (0..<100).map { "chatcmpl-tool-0123456789abcdef0123456789abcdef\($0)" }
        let sent = ids.map { CallIDs.conforming($0, .openAI) }
        #expect(Set(sent).count == ids.count)
        #expect(sent.allSatisfy(NameRule.openAI.accepts))
    }

    static let png = "iVBORw0KGgoAAAANSUhEUgAA"
    static let jpeg = "/9j/4AAQSkZJRgABAQAA"
    static let pdf = "JVBERi0xLjQK"

    @Test(
        "media types are spelt as registered, and follow the bytes",
        arguments: [
            (Part.imageData(mediaType: "image/png", base64: "AAAA"), nil),
            (.imageData(mediaType: "image/jpg", base64: "AAAA"), .imageData(mediaType: "image/jpeg", base64: "AAAA")),
            (.imageData(mediaType: "IMAGE/PNG", base64: "AAAA"), .imageData(mediaType: "image/png", base64: "AAAA")),
            (.imageData(mediaType: "image/png", base64: png), nil),
            (.imageData(mediaType: "image/png", base64: jpeg), .imageData(mediaType: "image/jpeg", base64: jpeg)),
            (
                .imageData(mediaType: "image/png", base64: "UklGRiQAAABXRUJQVlA4"),
                .imageData(mediaType: "image/webp", base64: "UklGRiQAAABXRUJQVlA4")
            ),
            (.imageData(mediaType: "image/png", base64: "UklGRiQAAABBVkkgVlA4"), nil),
            (
                .imageData(mediaType: "image/png", base64: "R0lGODlhAQAB"),
                .imageData(mediaType: "image/gif", base64: "R0lGODlhAQAB")
            ),
            (.imageURL("https://e.com/a.jpg"), nil),
            (.imageURL("data:image/jpg;base64,/9j/4AAQ"), .imageData(mediaType: "image/jpeg", base64: "/9j/4AAQ")),
            (.imageURL("DATA:image/png;charset=x;base64,AAA"), .imageData(mediaType: "image/png", base64: "AAA=")),
            (.imageURL("data:image/svg+xml,%3Csvg%3E"), nil),
            (
                .imageData(mediaType: "image/png", base64: pdf),
                .document(Document(.data(mediaType: "application/pdf", base64: pdf)))
            ),
            (
                .document(Document(.data(mediaType: "application/x-pdf", base64: "AAAA"), name: "a")),
                .document(Document(.data(mediaType: "application/pdf", base64: "AAAA"), name: "a"))
            ),
            (
                .document(Document(.data(mediaType: "application/pdf", base64: png))),
                .imageData(mediaType: "image/png", base64: png)
            ),
            (.document(Document(.data(mediaType: "text/plain; charset=utf-8", base64: "AAAA"))), nil),
            (
                .document(Document(.url("data:application/pdf;base64,JVBERi0x"))),
                .document(Document(.data(mediaType: "application/pdf", base64: "JVBERi0x")))
            ),
        ] as [(Part, Part?)])
    func mediaTypes(part: Part, repaired: Part?) {
        #expect(MediaTypes.repaired(part) == repaired)
    }

    @Test(
        "schemas of parameters are completed",
        arguments: [
            (#"{"type":"object","properties":{}}"#, nil),
            (#"{"type":"object"}"#, #"{"type":"object","properties":{}}"#),
            ("{}", #"{"type":"object","properties":{}}"#),
            (#"{"type":"object","properties":null,"required":null}"#, #"{"type":"object","properties":{}}"#),
            (#"{"properties":{"a":{}}}"#, #"{"type":"object","properties":{"a":{}}}"#),
            (
                #"{"type":"object","properties":{"a":{"type":"array"},"b":{"type":"object"}}}"#,
                #"{"type":"object","properties":{"a":{"type":"array","items":{}},"b":{"type":"object","properties":{}}}}"#
            ),
            (#"{"type":"object","properties":{"type":{"type":"string"},"properties":{"enum":["object"]}}}"#, nil),
            (#"{"type":"object","properties":{"a":{"type":"array","prefixItems":[{}]}}}"#, nil),
            (#"{"type":["object","null"],"properties":{}}"#, #"{"type":"object","properties":{}}"#),
            (
                ##"{"$ref":"#/$defs/A","$defs":{"A":{"type":"object","properties":{"x":{}}}}}"##,
                ##"{"type":"object","properties":{"x":{}},"$defs":{"A":{"type":"object","properties":{"x":{}}}}}"##
            ),
            (
                #"{"anyOf":[{"properties":{"a":{}},"required":["a","b"]},{"properties":{"b":{}},"required":["b"]}]}"#,
                #"{"type":"object","properties":{"a":{},"b":{}},"required":["b"]}"#
            ),
            (
                #"{"allOf":[{"properties":{"a":{}},"required":["a"]},{"properties":{"b":{}},"required":["b"]}]}"#,
                #"{"type":"object","properties":{"a":{},"b":{}},"required":["a","b"]}"#
            ),
        ] as [(String, String?)])
    func schemas(schema: String, repaired: String?) {
        let found = ToolSchema.repaired(RawJSON(validated: Array(schema.utf8)), ToolSchemaConstraints())
        #expect(found.map { String(decoding: $0.schema.bytes, as: UTF8.self) } == repaired)
    }

    @Test("a refused member is found by parameter or by message, and only if it can be left out")
    func refusedMembers() {
        for (parameter, message, names) in Self.refusals {
            var error = ErrorBody()
            error.parameter = parameter
            error.message = message
            #expect(RefusedMember(error, known: [])?.names == names, "\(parameter ?? "") \(message)")
        }
    }

    private static let refusals: [(parameter: String?, message: String, names: [String]?)] = [
        ("body.stream_options", "Extra inputs are not permitted", ["stream_options"]),
        ("stream_options.include_usage", "bad", ["stream_options"]),
        (nil, "Unrecognized request argument supplied: stream_options", ["stream_options"]),
        (nil, #"json: unknown field "stream_options""#, ["stream_options"]),
        ("max_tokens", "Unsupported parameter: use 'max_completion_tokens' instead.", ["max_tokens"]),
        (nil, "'max_tokens' is not supported with this model. Use 'max_completion_tokens'.", ["max_tokens"]),
        ("max_tokens", "max_tokens is too large: 100000", nil),
        ("temperature", "Unsupported value: 'temperature' does not support 0.2", ["temperature"]),
        ("temperature", "temperature must be at most 1", nil),
        (nil, "`temperature` is deprecated for this model.", ["temperature"]),
        (nil, "Argument not supported on this model: presencePenalty", ["presence_penalty", "presencePenalty"]),
        (nil, "unknown parameter: please stop doing this", nil), (nil, "unsupported parameter: stop", ["stop"]),
        ("tools[0].function.strict", "unknown", ["strict"]), ("tools.0.function.name", "unknown", nil),
        ("messages.1.content", "field required", ["content"]),
        (nil, "messages[1]: missing field `content`", ["content"]),
        (nil, "property 'reasoning_content' is unsupported", ["reasoning_content"]),
        ("messages", "unknown", nil), ("model", "unsupported model", nil), (nil, "", nil),
        ("parallel_tool_calls", "parallel_tool_calls is not supported", ["parallel_tool_calls"]),
    ]
}
