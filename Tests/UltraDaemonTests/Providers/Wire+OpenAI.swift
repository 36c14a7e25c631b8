/// OpenAI's two APIs.
extension Wire {
    static let openAI = Wire(
        name: "openai chat", provider: "openai", model: "gpt-4o",
        environment: { ["OPENAI_API_KEY": "sk-test", "OPENAI_API_ENDPOINT": "\($0)/v1"] },
        list: ("/v1/models", #"{"object":"list","data":[]}"#), path: { _, _ in "/v1/chat/completions" },
        requestIDHeader: "x-request-id", text: chatText, refusals: openAIRefusals,
        failure: (
            event(#"{"error":{"message":"The server had an error","type":"server_error","param":null,"code":null}}"#),
            Refusal("", "upstream_error", "server_error")
        ),
        wrongType: (#"{"choices":7}"#, event(#"{"choices":7}"#)))

    static let responses = Wire(
        name: "openai responses", provider: "openai", model: "gpt-5-pro",
        environment: openAI.environment, list: openAI.list, path: { _, _ in "/v1/responses" },
        requestIDHeader: "x-request-id",
        text: Reply(
            document: response(
                #"{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hello é"}]}"#),
            stream: [
                event(
                    #"{"type":"response.created","response":{"id":"resp_1","model":"gpt-5-pro","status":"in_progress"}}"#,
                    "response.created"),
                event(
                    #"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hello"}"#,
                    "response.output_text.delta"),
                event(
                    #"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":" é"}"#,
                    "response.output_text.delta"),
                event(#"{"type":"response.completed","response":\#(response(""))}"#, "response.completed"),
            ], finish: 3),
        refusals: openAIRefusals,
        failure: (
            event(
                #"{"type":"response.failed","response":{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"The model failed"}}}"#,
                "response.failed"),
            Refusal("", "upstream_error", "server_error")
        ),
        wrongType: (
            #"{"id":"resp_1","status":"completed","output":7}"#,
            event(#"{"type":"response.output_text.delta","output_index":0,"delta":7}"#, "response.output_text.delta")
        ))

    /// A response with these output items.
    static func response(_ items: String) -> String {
        #"{"id":"resp_1","object":"response","status":"completed","error":null,"model":"gpt-5-pro","output":[\#(items)],"usage":{"input_tokens":9,"output_tokens":5,"output_tokens_details":{"reasoning_tokens":3},"total_tokens":14}}"#
    }

    /// The reply of Chat Completions, which many servers imitate.
    static let chatText = Reply(
        document: chat(#"{"role":"assistant","content":"Hello é"}"#),
        stream: [
            event(chatChunk(#"{"role":"assistant","content":"Hello"}"#)), event(chatChunk(#"{"content":" é"}"#)),
            event(chatChunk("{}", finish: #""stop""#)), event("[DONE]"),
        ], finish: 2)

    static func chat(_ message: String, finish: String = "stop") -> String {
        #"{"id":"c1","object":"chat.completion","model":"m","choices":[{"index":0,"message":\#(message),"finish_reason":"\#(finish)"}],"usage":{"prompt_tokens":9,"completion_tokens":5,"total_tokens":14}}"#
    }

    static func chatChunk(_ delta: String, finish: String = "null") -> String {
        #"{"id":"c1","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":\#(delta),"finish_reason":\#(finish)}]}"#
    }

    private static let openAIRefusals = [
        400: Refusal(
            #"{"error":{"message":"Invalid value: 'x'.","type":"invalid_request_error","param":"messages[0].role","code":"invalid_value"}}"#,
            "bad_request", "invalid_value"),
        401: Refusal(
            #"{"error":{"message":"Incorrect API key provided: sk-t**t.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
            "authentication", "invalid_api_key"),
        403: Refusal(
            #"{"error":{"message":"Country, region, or territory not supported","type":"request_forbidden","param":null,"code":"unsupported_country_region_territory"}}"#,
            "permission_denied", "unsupported_country_region_territory"),
        404: Refusal(
            #"{"error":{"message":"The model `x` does not exist or you do not have access to it.","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#,
            "model_not_found", "model_not_found"),
        422: Refusal(
            #"{"error":{"message":"Unprocessable","type":"invalid_request_error","param":null,"code":null}}"#,
            "bad_request", "invalid_request_error"),
        429: Refusal(
            #"{"error":{"message":"Rate limit reached for requests","type":"requests","param":null,"code":"rate_limit_exceeded"}}"#,
            "rate_limited", "rate_limit_exceeded"),
        500: Refusal(
            #"{"error":{"message":"The server had an error","type":"server_error","param":null,"code":null}}"#,
            "upstream_error", "server_error"),
        503: Refusal(
            #"{"error":{"message":"The server is overloaded","type":"service_unavailable_error","param":null,"code":"server_is_overloaded"}}"#,
            "overloaded", "server_is_overloaded"),
    ]
}
