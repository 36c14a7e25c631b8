extension Wire {
    /// Its errors have a message and no code.
    static let cohere = Wire(
        name: "cohere", provider: "cohere", model: "command-a-reasoning-08-2025",
        environment: { ["COHERE_API_KEY": "test", "COHERE_API_ENDPOINT": "\($0)/v2"] },
        list: ("/v1/models", #"{"models":[]}"#), path: { _, _ in "/v2/chat" }, requestIDHeader: "x-debug-trace-id",
        text: Reply(
            document: cohereAnswer(#""content":[{"type":"text","text":"Hello é"}]"#),
            stream: [
                cohereStart,
                event(
                    #"{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}"#,
                    "content-start"),
                event(
                    #"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"Hello"}}}}"#,
                    "content-delta"),
                event(
                    #"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":" é"}}}}"#,
                    "content-delta"),
                event(#"{"type":"content-end","index":0}"#, "content-end"), cohereEnd("COMPLETE"),
            ], finish: 5),
        refusals: [
            400: refusal("invalid request: message must be at least 1 token long", "bad_request"),
            401: refusal("invalid api token", "authentication"),
            403: refusal("this key may not do that", "permission_denied"),
            404: refusal("model 'x' not found, make sure the correct model ID was used", "model_not_found"),
            422: refusal("unprocessable entity", "bad_request"),
            429: refusal("You are past the per minute request limit, please wait and try again.", "rate_limited"),
            500: refusal("internal server error", "upstream_error"),
            503: refusal("service unavailable", "overloaded"),
        ],
        failure: (
            event(
                #"{"type":"message-end","delta":{"finish_reason":"ERROR","error":"internal failure","usage":{"tokens":{"input_tokens":9,"output_tokens":1}}}}"#,
                "message-end"),
            Refusal("", "upstream_error")
        ),
        wrongType: (
            #"{"id":"29f1","message":7,"finish_reason":"COMPLETE"}"#,
            event(#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":7}}}}"#, "content-delta")
        ))

    static func cohereAnswer(_ members: String, finish: String = "COMPLETE") -> String {
        #"{"id":"29f1","finish_reason":"\#(finish)","message":{"role":"assistant",\#(members)},"usage":{"billed_units":{"input_tokens":5,"output_tokens":2},"tokens":{"input_tokens":9,"output_tokens":5}}}"#
    }

    static let cohereStart = event(
        #"{"type":"message-start","id":"29f1","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}"#,
        "message-start")

    static func cohereEnd(_ reason: String) -> String {
        event(
            #"{"type":"message-end","delta":{"finish_reason":"\#(reason)","usage":{"tokens":{"input_tokens":9,"output_tokens":5}}}}"#,
            "message-end")
    }

    private static func refusal(_ text: String, _ code: String) -> Refusal {
        Refusal(#"{"id":"7f0c2a4e","message":"\#(text)"}"#, code)
    }
}
