/// Frequently used answers and failures.
extension Script {
    /// A unary answer with `Content-Length`.
    package static func json(
        _ text: String, status: Int = 200, headers: [(name: String, value: String)] = []
    ) -> Script {
        Script(
            status: status, headers: [("Content-Type", "application/json")] + headers, framing: .length,
            body: [.chunk(text)])
    }

    /// A server-sent event stream: one chunk for each event, then `end` if it is not nil.
    package static func events(_ data: [String], end: String? = "[DONE]") -> Script {
        stream(data.map { .event($0) } + (end.map { [.event($0)] } ?? []))
    }

    /// A server-sent event stream of these steps.
    package static func stream(_ steps: [Step]) -> Script {
        Script(headers: [("Content-Type", "text/event-stream")], body: steps)
    }

    /// An NDJSON stream as Ollama's native API sends it: one chunk for each line.
    package static func lines(_ json: [String]) -> Script {
        Script(headers: [("Content-Type", "application/x-ndjson")], body: json.map { .line($0) })
    }

    // MARK: - Failures

    package static let hangBeforeHead = Script(body: [.hang])
    package static let hangBeforeFirstToken = stream([.head, .hang])
    package static let closeBeforeHead = Script(body: [.close])
    package static let resetBeforeHead = Script(body: [.reset])
    package static let headerGarbage = Script(body: [.send("HTTP/1.1 banana\r\n\u{1}\u{0}: :\r\n\r\n"), .close])
    package static let notHTTP = Script(body: [.send("220 mail.example ESMTP\r\n"), .close])
    package static let badChunkSize = stream([.head, .send("zz\r\n{}\r\n"), .close])
    package static let missingLastChunk = stream([.event("{}"), .close])

    package static func hang(after steps: [Step]) -> Script { stream(steps + [.hang]) }

    // MARK: - Waiting times

    /// The forms in which a provider asks a client to retry later.
    package enum RetryAfter: Sendable, Equatable {
        /// RFC 9110, section 10.2.3.
        case seconds(Int)
        /// RFC 9110, section 5.6.7: a date relative to this machine's clock. Whole seconds.
        case date(secondsFromNow: Int)
        /// OpenAI and Azure.
        case milliseconds(Int)
        /// OpenAI: `x-ratelimit-reset-requests`, such as `6m0s` or `120ms`.
        case openAIReset(String)
        /// Anthropic: `anthropic-ratelimit-requests-reset`, RFC 3339. Whole seconds.
        case anthropicReset(secondsFromNow: Int)
        /// Google: `google.rpc.RetryInfo` in the body, such as `1.5s`.
        case googleRetryInfo(String)
        /// A value that no parser should accept.
        case garbage(String)
        case none
    }

    /// An error with `status`, usually 429 or 503, that asks the client to wait in the given form.
    package static func retryLater(_ wait: RetryAfter, status: Int = 429) -> Script {
        let plain = #"{"error":{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}}"#
        switch wait {
        case .seconds(let seconds): return json(plain, status: status, headers: [("Retry-After", "\(seconds)")])
        case .date(let seconds):
            let date = formatUTC("%a, %d %b %Y %H:%M:%S GMT", secondsFromNow: seconds)
            return json(plain, status: status, headers: [("Retry-After", date)])
        case .milliseconds(let milliseconds):
            return json(plain, status: status, headers: [("retry-after-ms", "\(milliseconds)")])
        case .openAIReset(let text):
            return json(plain, status: status, headers: [("x-ratelimit-reset-requests", text)])
        case .anthropicReset(let seconds):
            let date = formatUTC("%Y-%m-%dT%H:%M:%SZ", secondsFromNow: seconds)
            return json(plain, status: status, headers: [("anthropic-ratelimit-requests-reset", date)])
        case .googleRetryInfo(let delay):
            let details = #"{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"\#(delay)"}"#
            return json(
                #"{"error":{"code":\#(status),"message":"quota","status":"RESOURCE_EXHAUSTED","details":[\#(details)]}}"#,
                status: status)
        case .garbage(let text): return json(plain, status: status, headers: [("Retry-After", text)])
        case .none: return json(plain, status: status)
        }
    }
}
