/// Local servers: no keys, no request ids, plain errors.
extension Wire {
    static let ollama = Wire(
        name: "ollama", provider: "ollama", model: "qwen3:8b", environment: { ["OLLAMA_HOST": $0] },
        list: ("/api/tags", #"{"models":[]}"#), path: { _, _ in "/api/chat" }, streamType: "application/x-ndjson",
        text: Reply(
            document: ollamaAnswer(#"{"role":"assistant","content":"Hello é"}"#),
            stream: [
                ollamaLine(#"{"role":"assistant","content":"Hello"}"#),
                ollamaLine(#"{"role":"assistant","content":" é"}"#),
                ollamaAnswer(#"{"role":"assistant","content":""}"#) + "\n",
            ], finish: 2),
        refusals: [
            400: Refusal(#"{"error":"invalid options"}"#, "bad_request"),
            401: Refusal(
                #"{"error":"unauthorized","signin_url":"https://ollama.com/connect"}"#, "authentication"),
            404: Refusal(#"{"error":"model 'x' not found"}"#, "model_not_found"),
            429: Refusal(#"{"error":"you have reached your hourly usage limit"}"#, "rate_limited"),
            500: Refusal(#"{"error":"llama runner process has terminated: exit status 2"}"#, "upstream_error"),
            503: Refusal(
                #"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#, "overloaded"),
        ],
        failure: (
            #"{"error":"an error was encountered while running the model: unexpected EOF"}"# + "\n",
            Refusal("", "upstream_error")
        ),
        wrongType: (#"{"model":"m","message":7,"done":true}"#, #"{"model":"m","message":7,"done":false}"# + "\n"))

    static let docker = Wire(
        name: "docker by TCP", provider: "docker", model: "ai/smollm2",
        environment: { ["USE_MODEL_RUNNER": "true", "MODEL_RUNNER_HOST": $0] }, list: ("/models", "[]"),
        path: { _, _ in "/engines/v1/chat/completions" }, text: chatText, refusals: dockerRefusals,
        failure: dockerFailure, wrongType: openAI.wrongType)

    /// Behind Docker Desktop's socket, at `path`.
    static func docker(socket path: String) -> Wire {
        let prefix = "/exp/vDD4.40"
        return Wire(
            name: "docker by its socket", provider: "docker", model: "ai/smollm2",
            environment: { _ in ["USE_MODEL_RUNNER": "true", "MODEL_RUNNER_HOST": "unix://\(path)"] },
            list: ("\(prefix)/models", "[]"), path: { _, _ in "\(prefix)/engines/v1/chat/completions" },
            text: chatText, refusals: dockerRefusals, failure: dockerFailure, wrongType: openAI.wrongType)
    }

    static func ollamaAnswer(_ message: String) -> String {
        #"{"model":"qwen3:8b","created_at":"2026-11-20T09:12:44.1Z","message":\#(message),"done":true,"done_reason":"stop","total_duration":5000000,"prompt_eval_count":9,"eval_count":5}"#
    }

    static func ollamaLine(_ message: String) -> String {
        #"{"model":"qwen3:8b","created_at":"2026-11-20T09:12:44.1Z","message":\#(message),"done":false}"# + "\n"
    }

    private static let dockerRefusals = [
        400: Refusal("invalid request", "bad_request"), 404: Refusal("model not found", "model_not_found"),
        500: Refusal("unable to load runner: error waiting for runner to be ready", "upstream_error"),
        503: Refusal("service unavailable", "overloaded"),
    ]

    private static let dockerFailure = (
        event(#"{"error":{"code":500,"message":"failed to decode","type":"server_error"}}"#),
        Refusal("", "upstream_error", "500")
    )
}
