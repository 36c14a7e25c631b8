extension Wire {
    static let mistral = Wire(
        name: "mistral", provider: "mistral", model: "magistral-medium-2509",
        environment: { ["MISTRAL_API_KEY": "test", "MISTRAL_API_ENDPOINT": "\($0)/v1"] },
        list: ("/v1/models", #"{"object":"list","data":[]}"#), path: { _, _ in "/v1/chat/completions" },
        requestIDHeader: "mistral-correlation-id", text: chatText,
        refusals: [
            400: Refusal(
                #"{"object":"error","message":"Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant","type":"invalid_request_message_order","param":null,"code":"3230"}"#,
                "bad_request", "3230"),
            401: Refusal(#"{"detail":"Unauthorized"}"#, "authentication"),
            403: Refusal(#"{"message":"This model is not allowed for the workspace"}"#, "permission_denied"),
            404: Refusal(#"{"message":"no Route matched with those values"}"#, "bad_request"),
            422: Refusal(
                #"{"detail":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra inputs are not permitted","input":1}]}"#,
                "bad_request", "extra_forbidden"),
            429: Refusal(
                #"{"object":"error","message":"Rate limit exceeded","type":"rate_limited","param":null,"code":"1300","raw_status_code":429}"#,
                "rate_limited", "1300"),
            500: Refusal(
                #"{"object":"error","message":"Internal error","type":"unreachable_backend","param":null,"code":"1100"}"#,
                "upstream_error", "1100"),
            503: Refusal("Service Unavailable", "overloaded"),
        ],
        failure: (
            event(
                #"{"object":"error","message":"Internal error","type":"unreachable_backend","param":null,"code":"1100","raw_status_code":500}"#
            ),
            Refusal("", "upstream_error", "1100")
        ),
        wrongType: (#"{"choices":7}"#, event(#"{"choices":7}"#)))
}
