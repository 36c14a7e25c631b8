/// The form of streamed answers, as set by `PUT /plan?events=N&gap_us=N&bytes=N`.
struct StreamPlan: Equatable {
    /// Content events of one answer.
    var events = 500
    /// Microseconds between two events; 0 sends the whole answer at once.
    var gapMicroseconds = 0
    /// Bytes of one event, `data:` and the empty line included; no less than the JSON needs.
    var eventBytes = 280
}

/// The bytes of every answer, made before the first request. Shapes and sizes are those of OpenAI's API.
struct PreparedAnswers {
    let unary: [UInt8]
    let models: [UInt8]
    let notFound: [UInt8]
    let done: [UInt8]

    let streamHead: [UInt8]
    /// One chunk with one content event; `timestamp` is the range of its nineteen digits.
    let event: [UInt8]
    let timestamp: Range<Int>
    /// The end after the last content event: finish reason, usage, `[DONE]`, last chunk.
    let streamEnd: [UInt8]
    /// Head, all events and end of a stream.
    let burst: [UInt8]

    init(_ plan: StreamPlan) {
        unary = Self.json(
            #"""
            {"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion","created":1741569952,\#
            "model":"gpt-4o-2024-08-06","choices":[{"index":0,"message":{"role":"assistant","content":\#
            "Hello! How can I assist you today?","refusal":null,"annotations":[]},"logprobs":null,\#
            "finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,\#
            "prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":\#
            {"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},\#
            "service_tier":"default","system_fingerprint":"fp_06737a9306"}
            """#)
        models = Self.json(
            #"""
            {"object":"list","data":[{"id":"gpt-4o","object":"model","created":1715367049,"owned_by":"system"},\#
            {"id":"gpt-4o-mini","object":"model","created":1721172741,"owned_by":"system"}]}
            """#)
        notFound = Self.json(#"{"error":{"message":"no such path"}}"#, status: "404 Not Found")
        done = Self.json("{}")

        streamHead = Array(
            """
            HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n
            """.utf8)
        let prefix =
            #"data: {"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion.chunk","#
            + #""created":1741569952,"model":"gpt-4o-2024-08-06","service_tier":"default","#
            + #""system_fingerprint":"fp_06737a9306","choices":["#
        let before = prefix + #"{"index":0,"delta":{"content":""#
        let after = #""},"logprobs":null,"finish_reason":null}]}"# + "\n\n"
        let digits = String(repeating: "0", count: 19)
        let padding = max(0, plan.eventBytes - before.utf8.count - digits.utf8.count - after.utf8.count)
        let payload = before + digits + String(repeating: " word", count: padding / 5 + 1).prefix(padding) + after
        event = Self.chunk(payload)
        let start = String(payload.utf8.count, radix: 16).utf8.count + 2 + before.utf8.count
        timestamp = start..<(start + digits.utf8.count)
        streamEnd =
            Self.chunk(
                prefix + #"{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null}"# + "\n\n")
            + Self.chunk(
                prefix
                    + #"],"usage":{"prompt_tokens":19,"completion_tokens":\#(plan.events),"total_tokens":\#(plan.events + 19)}}"#
                    + "\n\n") + Self.chunk("data: [DONE]\n\n") + Array("0\r\n\r\n".utf8)
        burst = streamHead + Self.numbered(event, timestamp, count: plan.events) + streamEnd
    }

    /// `event` repeated `count` times with a number in the place of the time, since no model repeats itself exactly.
    private static func numbered(_ event: [UInt8], _ place: Range<Int>, count: Int) -> [UInt8] {
        var all: [UInt8] = []
        all.reserveCapacity(event.count * count)
        for number in 0..<count {
            let start = all.count
            all += event
            var rest = number
            for index in place.reversed() where rest > 0 {
                all[start + index] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            }
        }
        return all
    }

    private static func json(_ body: String, status: String = "200 OK") -> [UInt8] {
        Array(
            "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                .utf8)
    }

    private static func chunk(_ text: String) -> [UInt8] {
        Array("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n".utf8)
    }
}
