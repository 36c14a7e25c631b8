extension WireFeature {
    static let anthropic = WireFeature(
        wire: .anthropic,
        calls: [
            Wire.claudeStart, Wire.block(0, #"{"type":"tool_use","id":"toolu_a","name":"weather","input":{}}"#),
            Wire.delta(0, #"{"type":"input_json_delta","partial_json":"{\"city\":"}"#),
            Wire.delta(0, #"{"type":"input_json_delta","partial_json":"\"Paris\"}"}"#), Wire.blockEnd(0),
            Wire.block(1, #"{"type":"tool_use","id":"toolu_b","name":"weather","input":{}}"#),
            Wire.delta(1, #"{"type":"input_json_delta","partial_json":"{\"city\":\"Rome\"}"}"#), Wire.blockEnd(1),
            Wire.claudeStop("tool_use"), Wire.claudeEnd,
        ],
        callIDs: ["toolu_a", "toolu_b"], tool: "tools.0.name", image: ("messages.0.content.1.source.data", png),
        schema: "output_config.format.schema.properties.n",
        thoughts: Wire.message(
            #"{"type":"thinking","thinking":"Two cities.","signature":"c2ln+/="},{"type":"tool_use","id":"toolu_a","name":"weather","input":{"city":"Paris"}},{"type":"tool_use","id":"toolu_b","name":"weather","input":{"city":"Rome"}}"#,
            stop: "tool_use"),
        signature: "c2ln+/=",
        returned: [
            ("messages.1.content.0", #"{"signature":"c2ln+/=","thinking":"Two cities.","type":"thinking"}"#),
            ("messages.1.content.1", #"{"id":"toolu_a","input":{"city":"Paris"},"name":"weather","type":"tool_use"}"#),
            ("messages.1.content.2.id", #""toolu_b""#),
            ("messages.2.content.0.tool_use_id", #""toolu_a""#), ("messages.2.content.1.tool_use_id", #""toolu_b""#),
        ])

    static let gemini = WireFeature(
        wire: .gemini,
        calls: [
            Wire.event(
                Wire.candidate(
                    #"{"functionCall":{"id":"a","name":"weather","args":{"city":"Paris"}},"thoughtSignature":"c2ln"}"#,
                    finish: nil)),
            Wire.event(Wire.candidate(#"{"functionCall":{"id":"b","name":"weather","args":{"city":"Rome"}}}"#)),
        ],
        callIDs: ["a", "b"], tool: "tools.0.functionDeclarations.0.name",
        image: ("contents.0.parts.1.inlineData.data", png),
        schema: "generationConfig.responseJsonSchema.properties.n",
        thoughts: Wire.candidate(
            #"{"text":"Two cities.","thought":true},{"functionCall":{"id":"a","name":"weather","args":{"city":"Paris"}},"thoughtSignature":"c2ln+/=="},{"functionCall":{"id":"b","name":"weather","args":{"city":"Rome"}}}"#
        ),
        signature: "c2ln+/==", signsCalls: true,
        returned: [
            ("contents.1.parts.0.thoughtSignature", #""c2ln+/==""#),
            ("contents.1.parts.0.functionCall.args", #"{"city":"Paris"}"#),
            ("contents.1.parts.1.functionCall.args", #"{"city":"Rome"}"#),
            ("contents.1.parts.1.thoughtSignature", "absent"),
            ("contents.2.parts.0.functionResponse.response", #"{"result":"sun"}"#),
            ("contents.2.parts.1.functionResponse.response", #"{"result":"rain"}"#),
        ],
        embedding: Embedding(
            model: "gemini-embedding-2", path: "/v1beta/models/gemini-embedding-2:batchEmbedContents",
            reply:
                #"{"embeddings":[{"values":[0.5,-1]},{"values":[0.25,1e-3]}],"usageMetadata":{"promptTokenCount":2}}"#,
            place: "requests.1.content.parts.0.text"))

    static let mistral = WireFeature(
        wire: .mistral,
        calls: [
            Wire.event(Wire.chatChunk(#"{"role":"assistant","content":""}"#)),
            Wire.event(
                Wire.chatChunk(
                    #"{"tool_calls":[{"id":"aaaaaaaaa","index":0,"function":{"name":"weather","arguments":"{\"city\":\"Paris\"}"}}]}"#
                )),
            Wire.event(
                Wire.chatChunk(
                    #"{"tool_calls":[{"id":"bbbbbbbbb","index":1,"function":{"name":"weather","arguments":"{\"city\":\"Rome\"}"}}]}"#,
                    finish: #""tool_calls""#)),
            Wire.event("[DONE]"),
        ],
        callIDs: ["aaaaaaaaa", "bbbbbbbbb"], tool: "tools.0.function.name",
        image: ("messages.0.content.1.image_url", dataURL),
        schema: "response_format.json_schema.schema.properties.n",
        thoughts: Wire.chat(
            #"{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"Two cities."}],"signature":"c2ln+/=","closed":true}],"tool_calls":[{"id":"aaaaaaaaa","function":{"name":"weather","arguments":"{\"city\":\"Paris\"}"}},{"id":"bbbbbbbbb","function":{"name":"weather","arguments":"{\"city\":\"Rome\"}"}}]}"#,
            finish: "tool_calls"),
        signature: "c2ln+/=",
        returned: [
            (
                "messages.1.content.0",
                #"{"signature":"c2ln+/=","thinking":[{"text":"Two cities.","type":"text"}],"type":"thinking"}"#
            ),
            ("messages.1.tool_calls.0.id", #""aaaaaaaaa""#), ("messages.1.tool_calls.1.id", #""bbbbbbbbb""#),
            ("messages.2", #"{"content":"sun","name":"weather","role":"tool","tool_call_id":"aaaaaaaaa"}"#),
            ("messages.3.tool_call_id", #""bbbbbbbbb""#),
        ],
        embedding: Embedding(
            model: "mistral-embed", path: "/v1/embeddings",
            reply:
                #"{"object":"list","model":"mistral-embed","data":[{"object":"embedding","index":0,"embedding":[0.5,-1]},{"object":"embedding","index":1,"embedding":[0.25,1e-3]}],"usage":{"prompt_tokens":2,"completion_tokens":0,"total_tokens":2}}"#,
            place: "input.1"))

    static let cohere = WireFeature(
        wire: .cohere,
        calls: [
            Wire.cohereStart, callStart(0, "weather_a"), callDelta(0, #"{\"city\":"#), callDelta(0, #"\"Paris\"}"#),
            Wire.event(#"{"type":"tool-call-end","index":0}"#, "tool-call-end"), callStart(1, "weather_b"),
            callDelta(1, #"{\"city\":\"Rome\"}"#),
            Wire.event(#"{"type":"tool-call-end","index":1}"#, "tool-call-end"), Wire.cohereEnd("TOOL_CALL"),
        ],
        callIDs: ["weather_a", "weather_b"], tool: "tools.0.function.name",
        image: ("messages.0.content.1.image_url.url", dataURL), imageModel: "command-a-vision-07-2025",
        schema: "response_format.json_schema.properties.n", schemaModel: "command-a-03-2025",
        thoughts: Wire.cohereAnswer(
            #""content":[{"type":"thinking","thinking":"Two cities."}],"tool_calls":[{"id":"weather_a","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Paris\"}"}},{"id":"weather_b","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Rome\"}"}}]"#,
            finish: "TOOL_CALL"),
        returned: [
            ("messages.1.content.0", #"{"thinking":"Two cities.","type":"thinking"}"#),
            ("messages.1.tool_calls.0.id", #""weather_a""#), ("messages.1.tool_calls.1.id", #""weather_b""#),
            ("messages.2", #"{"content":"sun","role":"tool","tool_call_id":"weather_a"}"#),
            ("messages.3.tool_call_id", #""weather_b""#),
        ],
        embedding: Embedding(
            model: "embed-v4.0", path: "/v2/embed",
            reply:
                #"{"id":"da6e531f","embeddings":{"float":[[0.5,-1],[0.25,1e-3]]},"texts":["one","two"],"meta":{"billed_units":{"input_tokens":2}}}"#,
            place: "texts.1"))

    private static func callStart(_ index: Int, _ id: String) -> String {
        Wire.event(
            #"{"type":"tool-call-start","index":\#(index),"delta":{"message":{"tool_calls":{"id":"\#(id)","type":"function","function":{"name":"weather","arguments":""}}}}}"#,
            "tool-call-start")
    }

    private static func callDelta(_ index: Int, _ arguments: String) -> String {
        Wire.event(
            #"{"type":"tool-call-delta","index":\#(index),"delta":{"message":{"tool_calls":{"function":{"arguments":"\#(arguments)"}}}}}"#,
            "tool-call-delta")
    }

    /// The API has no ids for calls, so Ultra generates them, and results name the tool.
    static let ollama = WireFeature(
        wire: .ollama,
        calls: [
            Wire.ollamaLine(
                #"{"role":"assistant","content":"","tool_calls":[{"function":{"index":0,"name":"weather","arguments":{"city":"Paris"}}},{"function":{"index":1,"name":"weather","arguments":{"city":"Rome"}}}]}"#
            ),
            Wire.ollamaAnswer(#"{"role":"assistant","content":""}"#) + "\n",
        ],
        tool: "tools.0.function.name", image: ("messages.0.images.0", png), schema: "format.properties.n",
        thoughts: Wire.ollamaAnswer(
            #"{"role":"assistant","content":"","thinking":"Two cities.","tool_calls":[{"function":{"name":"weather","arguments":{"city":"Paris"}}},{"function":{"name":"weather","arguments":{"city":"Rome"}}}]}"#
        ),
        returned: [
            ("messages.1.thinking", #""Two cities.""#),
            ("messages.1.tool_calls.0.function", #"{"arguments":{"city":"Paris"},"name":"weather"}"#),
            ("messages.1.tool_calls.1.function.arguments", #"{"city":"Rome"}"#),
            ("messages.2.tool_name", #""weather""#), ("messages.2.content", #""sun""#),
            ("messages.3.content", #""rain""#),
        ],
        embedding: Embedding(
            model: "nomic-embed-text", path: "/api/embed",
            reply: #"{"model":"nomic-embed-text","embeddings":[[0.5,-1],[0.25,1e-3]],"prompt_eval_count":2}"#,
            place: "input.1"))
}
