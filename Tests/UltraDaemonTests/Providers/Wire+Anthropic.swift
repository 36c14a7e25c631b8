extension Wire {
    static let anthropic = Wire(
        name: "anthropic", provider: "anthropic", model: "claude-sonnet-4-5",
        environment: { ["ANTHROPIC_API_KEY": "sk-ant-test", "ANTHROPIC_API_ENDPOINT": "\($0)/v1"] },
        list: ("/v1/models", #"{"data":[],"has_more":false,"first_id":null,"last_id":null}"#),
        path: { _, _ in "/v1/messages" }, requestIDHeader: "request-id",
        text: Reply(
            document: message(#"{"type":"text","text":"Hello é"}"#),
            stream: [
                claudeStart, block(0, #"{"type":"text","text":""}"#),
                delta(0, #"{"type":"text_delta","text":"Hello"}"#),
                delta(0, #"{"type":"text_delta","text":" é"}"#), blockEnd(0), claudeStop("end_turn"), claudeEnd,
            ], finish: 5),
        refusals: [
            400: refusal("invalid_request_error", "messages: at least one message is required", "bad_request"),
            401: refusal("authentication_error", "invalid x-api-key", "authentication"),
            403: refusal(
                "permission_error", "Your API key does not have permission to use the specified resource.",
                "permission_denied"),
            404: refusal("not_found_error", "model: x", "model_not_found"),
            422: refusal("invalid_request_error", "unprocessable", "bad_request"),
            429: refusal(
                "rate_limit_error", "This request would exceed your organization's rate limit", "rate_limited"),
            500: refusal("api_error", "Internal server error", "upstream_error"),
            503: refusal("api_error", "Service unavailable", "overloaded"),
            529: refusal("overloaded_error", "Overloaded", "overloaded"),
        ],
        failure: (
            event(
                #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req-1"}"#,
                "error"),
            Refusal("", "overloaded", "overloaded_error")
        ),
        wrongType: (
            #"{"id":"msg_1","type":"message","role":"assistant","content":7,"stop_reason":"end_turn"}"#,
            event(#"{"type":"content_block_delta","index":0,"delta":7}"#, "content_block_delta")
        ))

    static func message(_ blocks: String, stop: String = "end_turn") -> String {
        #"{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[\#(blocks)],"stop_reason":"\#(stop)","stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":5}}"#
    }

    static let claudeStart = event(
        #"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[],"stop_reason":null,"usage":{"input_tokens":9,"output_tokens":1}}}"#,
        "message_start")
    static let claudeEnd = event(#"{"type":"message_stop"}"#, "message_stop")

    static func claudeStop(_ reason: String) -> String {
        event(
            #"{"type":"message_delta","delta":{"stop_reason":"\#(reason)","stop_sequence":null},"usage":{"output_tokens":5}}"#,
            "message_delta")
    }

    static func block(_ index: Int, _ block: String) -> String {
        event(
            #"{"type":"content_block_start","index":\#(index),"content_block":\#(block)}"#, "content_block_start")
    }

    static func delta(_ index: Int, _ delta: String) -> String {
        event(#"{"type":"content_block_delta","index":\#(index),"delta":\#(delta)}"#, "content_block_delta")
    }

    static func blockEnd(_ index: Int) -> String {
        event(#"{"type":"content_block_stop","index":\#(index)}"#, "content_block_stop")
    }

    private static func refusal(_ type: String, _ text: String, _ code: String) -> Refusal {
        Refusal(
            #"{"type":"error","error":{"type":"\#(type)","message":"\#(text)"},"request_id":"req-1"}"#, code, type)
    }
}
