extension Wire {
    /// Google's replies have no request id.
    static let gemini = Wire(
        name: "gemini", provider: "gemini", model: "gemini-3-pro-preview",
        environment: { ["GOOGLE_API_KEY": "AIza-test", "GEMINI_API_ENDPOINT": "\($0)/v1beta"] },
        list: ("/v1beta/models", #"{"models":[]}"#),
        path: { "/v1beta/models/\($0):\($1 ? "streamGenerateContent" : "generateContent")" },
        text: Reply(
            document: candidate(#"{"text":"Hello é"}"#),
            stream: [
                event(candidate(#"{"text":"Hello"}"#, finish: nil)), event(candidate(#"{"text":" é"}"#, finish: nil)),
                event(candidate(#"{"text":""}"#)),
            ], finish: 2),
        refusals: [
            400: refusal(400, "INVALID_ARGUMENT", "Invalid JSON payload received.", "bad_request"),
            401: refusal(401, "UNAUTHENTICATED", "Request had invalid credentials.", "authentication"),
            403: refusal(403, "PERMISSION_DENIED", "Permission denied on resource project.", "permission_denied"),
            404: refusal(404, "NOT_FOUND", "models/x is not found for API version v1beta", "model_not_found"),
            422: refusal(422, "INVALID_ARGUMENT", "Unprocessable.", "bad_request"),
            429: refusal(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", "rate_limited"),
            500: refusal(500, "INTERNAL", "An internal error has occurred.", "upstream_error"),
            503: refusal(503, "UNAVAILABLE", "The model is overloaded. Please try again later.", "overloaded"),
        ],
        failure: (
            event(refusal(503, "UNAVAILABLE", "The model is overloaded.", "").body),
            Refusal("", "overloaded", "UNAVAILABLE")
        ),
        wrongType: (#"{"candidates":7}"#, event(#"{"candidates":7}"#)))

    static func candidate(_ parts: String, finish: String? = "STOP") -> String {
        let reason = finish.map { #","finishReason":"\#($0)""# } ?? ""
        return
            #"{"candidates":[{"content":{"role":"model","parts":[\#(parts)]}\#(reason),"index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":5,"totalTokenCount":14},"modelVersion":"gemini-3-pro-preview"}"#
    }

    /// Google's form of retry advice.
    static let geminiRetryInfo =
        #"{"error":{"code":429,"message":"You exceeded your current quota.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"25s"}]}}"#

    private static func refusal(_ status: Int, _ word: String, _ text: String, _ code: String) -> Refusal {
        Refusal(#"{"error":{"code":\#(status),"message":"\#(text)","status":"\#(word)"}}"#, code, word)
    }
}
