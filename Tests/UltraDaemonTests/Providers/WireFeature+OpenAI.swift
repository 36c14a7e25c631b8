extension WireFeature {
    private static let embeddingReply =
        #"{"object":"list","model":"text-embedding-3-small","data":[{"object":"embedding","index":0,"embedding":[0.5,-1]},{"object":"embedding","index":1,"embedding":[0.25,1e-3]}],"usage":{"prompt_tokens":2,"total_tokens":2}}"#

    /// The pieces of the two calls alternate.
    private static let chatCalls =
        [
            (#"{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"weather","arguments":""}}]}"#),
            (#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"city\":"}}]}"#),
            (#"{"tool_calls":[{"index":1,"id":"call_b","type":"function","function":{"name":"weather","arguments":""}}]}"#),
            (#"{"tool_calls":[{"index":1,"function":{"arguments":"{\"city\":\"Rome\"}"}}]}"#),
            (#"{"tool_calls":[{"index":0,"function":{"arguments":"\"Paris\"}"}}]}"#),
        ].map { Wire.event(Wire.chatChunk($0)) } + [
            Wire.event(Wire.chatChunk("{}", finish: #""tool_calls""#)), Wire.event("[DONE]"),
        ]

    static let openAI = WireFeature(
        wire: .openAI, calls: chatCalls, callIDs: ["call_a", "call_b"], tool: "tools.0.function.name",
        image: ("messages.0.content.1.image_url.url", dataURL),
        schema: "response_format.json_schema.schema.properties.n",
        thoughts: Wire.chat(
            #"{"role":"assistant","content":null,"tool_calls":[\#(chatCall("call_a", "Paris")),\#(chatCall("call_b", "Rome"))]}"#,
            finish: "tool_calls"),
        reasons: false,
        returned: [
            ("messages.1.tool_calls.0", chatCall("call_a", "Paris")), ("messages.1.tool_calls.1.id", #""call_b""#),
            ("messages.2", #"{"content":"sun","role":"tool","tool_call_id":"call_a"}"#),
            ("messages.3", #"{"content":"rain","role":"tool","tool_call_id":"call_b"}"#),
        ],
        embedding: Embedding(
            model: "text-embedding-3-small", path: "/v1/embeddings", reply: embeddingReply, place: "input.1"))

    static func chatCall(_ id: String, _ city: String) -> String {
        #"{"function":{"arguments":"{\"city\":\"\#(city)\"}","name":"weather"},"id":"\#(id)","type":"function"}"#
    }

    static let responses = WireFeature(
        wire: .responses,
        calls: [
            Wire.event(
                #"{"type":"response.created","response":{"id":"resp_1","model":"gpt-5-pro"}}"#, "response.created"),
            Wire.event(
                #"{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","id":"fc_0","call_id":"call_a","name":"weather","arguments":""}}"#,
                "response.output_item.added"),
            Wire.event(
                #"{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","id":"fc_1","call_id":"call_b","name":"weather","arguments":""}}"#,
                "response.output_item.added"),
            Wire.event(
                #"{"type":"response.function_call_arguments.delta","output_index":0,"item_id":"fc_0","delta":"{\"city\":"}"#,
                "response.function_call_arguments.delta"),
            Wire.event(
                #"{"type":"response.function_call_arguments.delta","output_index":1,"item_id":"fc_1","delta":"{\"city\":\"Rome\"}"}"#,
                "response.function_call_arguments.delta"),
            Wire.event(
                #"{"type":"response.function_call_arguments.delta","output_index":0,"item_id":"fc_0","delta":"\"Paris\"}"}"#,
                "response.function_call_arguments.delta"),
            Wire.event(#"{"type":"response.completed","response":\#(Wire.response(""))}"#, "response.completed"),
        ],
        callIDs: ["call_a", "call_b"], tool: "tools.0.name", image: ("input.0.content.1.image_url", dataURL),
        schema: "text.format.schema.properties.n",
        thoughts: Wire.response(
            #"{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"Two cities."}],"encrypted_content":"c2ln+/="},{"type":"function_call","id":"fc_0","call_id":"call_a","name":"weather","arguments":"{\"city\":\"Paris\"}"},{"type":"function_call","id":"fc_1","call_id":"call_b","name":"weather","arguments":"{\"city\":\"Rome\"}"}"#
        ),
        signature: #"{"id":"rs_1","encrypted_content":"c2ln+/="}"#,
        returned: [
            (
                "input.1",
                #"{"encrypted_content":"c2ln+/=","id":"rs_1","summary":[{"text":"Two cities.","type":"summary_text"}],"type":"reasoning"}"#
            ),
            (
                "input.2",
                #"{"arguments":"{\"city\":\"Paris\"}","call_id":"call_a","name":"weather","type":"function_call"}"#
            ),
            ("input.3.call_id", #""call_b""#),
            ("input.4", #"{"call_id":"call_a","output":"sun","type":"function_call_output"}"#),
            ("input.5", #"{"call_id":"call_b","output":"rain","type":"function_call_output"}"#),
        ])

    /// The engines have the same API and return their reasoning, which is not sent back.
    static let docker = WireFeature(
        wire: .docker, calls: chatCalls, callIDs: ["call_a", "call_b"], tool: openAI.tool, image: openAI.image,
        schema: openAI.schema,
        thoughts: Wire.chat(
            #"{"role":"assistant","content":null,"reasoning_content":"Two cities.","tool_calls":[\#(chatCall("call_a", "Paris")),\#(chatCall("call_b", "Rome"))]}"#,
            finish: "tool_calls"),
        returned: openAI.returned,
        embedding: Embedding(
            model: "ai/mxbai-embed-large", path: "/engines/v1/embeddings", reply: embeddingReply, place: "input.1"))
}
