import Foundation
import UltraAPI
import UltraProviders

/// The output of a decoder: the events, and the error that ended them.
struct Outcome: Equatable {
    var events: [AnswerEvent] = []
    var error: UltraError?

    /// - Parameter cuts: Offsets at which the reads end; empty: all bytes come at once.
    init(
        _ adapter: any Adapter, isStream: Bool, head: HTTPHead, body: ArraySlice<UInt8>, cuts: [Int] = [],
        now: Int = 0
    ) {
        var decoder = ReplyDecoder(adapter, isStream: isStream)
        decoder.receive(head, now: now)
        do throws(UltraError) {
            var start = body.startIndex
            for cut in cuts + [body.endIndex] {
                try body[start..<cut].withUnsafeBufferPointer { (bytes) throws(UltraError) in
                    try decoder.receive(UnsafeRawBufferPointer(bytes), into: &events)
                }
                start = cut
            }
            try decoder.finish(into: &events)
        } catch {
            self.error = error
        }
    }

    /// The events with neighbouring pieces of text and of reasoning joined, as a reader of the answer sees them.
    var joined: [AnswerEvent] {
        var result: [AnswerEvent] = []
        for event in events {
            switch (result.last, event) {
            case (.text(let before)?, .text(let piece)): result[result.count - 1] = .text(before + piece)
            case (.reasoning(let before)?, .reasoning(let piece)): result[result.count - 1] = .reasoning(before + piece)
            default: result.append(event)
            }
        }
        return result
    }
}

extension AnswerEvent {
    /// The event as the files in `Expected` write it.
    var written: [String: Any] {
        switch self {
        case .providerModel(let name): return ["model": name]
        case .text(let text): return ["text": text]
        case .reasoning(let text): return ["reasoning": text]
        case .reasoningSignature(let signature): return ["signature": signature]
        case .finish(let reason): return ["finish": reason.rawValue]
        case .warning(let warning): return ["warning": warning]
        case .toolCall(let call):
            var fields: [String: Any] = ["index": call.index, "arguments": call.arguments]
            fields["id"] = call.id
            fields["name"] = call.name
            fields["signature"] = call.signature
            return ["tool_call": fields]
        case .usage(let usage):
            var fields: [String: Any] = [:]
            fields["input"] = usage.inputTokens
            fields["output"] = usage.outputTokens
            fields["cached"] = usage.cachedInputTokens
            fields["cache_write"] = usage.cacheWriteTokens
            fields["reasoning"] = usage.reasoningTokens
            return ["usage": fields]
        }
    }
}

extension UltraError {
    /// The error as the files in `Expected` write it.
    var written: [String: Any] {
        var fields: [String: Any] = [
            "code": self.code.rawValue, "message": self.message, "retryable": self.isRetryable,
        ]
        fields["status"] = self.status
        fields["provider_code"] = self.providerCode
        fields["request_id"] = self.requestID
        fields["retry_after_ms"] = self.retryAfterMilliseconds
        fields["partial_text_bytes"] = self.partialTextBytes
        return fields
    }
}
