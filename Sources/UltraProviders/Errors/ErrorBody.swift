import UltraAPI

/// The fields of an error reply of any shape. Every field may be missing.
///
/// Understood are OpenAI's `{"error":{…}}`, a plain string under `error`, FastAPI's `detail`, flat objects, arrays of
/// these, JSON text inside `message`, and plain text. Of an HTML page only `isHTML` is kept.
package struct ErrorBody: Sendable, Equatable {
    /// The text as the provider wrote it. `ErrorText.cleaned` must redact it before it is shown.
    package var message: String?
    package var type: String?
    /// A string, or a number in decimal.
    package var code: String?
    /// The field of our request that caused the error.
    package var parameter: String?
    package var requestID: String?
    /// The HTTP status named in the body, which may differ from that of the reply.
    package var status: Int?
    /// A more specific code from the error's details.
    package var reason: String?
    /// `retryDelay` of Google's `RetryInfo` (google.rpc).
    package var retryAfterMilliseconds: Int?
    /// True if the body is an HTML page, usually from a proxy.
    package var isHTML = false

    package init() {}

    /// Decodes the body of an error reply. A body that cannot be decoded gives an empty value.
    package init(_ bytes: UnsafeRawBufferPointer) {
        let bytes = bytes.withoutByteOrderMark
        switch bytes.first(where: { !$0.isJSONWhitespace }) {
        case UInt8(ascii: "<")?:
            isHTML = true
        case UInt8(ascii: "{")?, UInt8(ascii: "[")?, UInt8(ascii: "\"")?:
            // Malformed JSON is not shown as text, because it may quote the prompt.
            if let read = try? ErrorBody(json: bytes) { self = read }
        case nil:
            break
        default:
            // Take more than is shown, so that a key is redacted before the text is cut.
            message = String(decoding: bytes.prefix(4 * ErrorText.limitBytes), as: UTF8.self)
        }
    }

    private init(json bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var reader = JSONReader(reply: bytes)
        self = try Self.read(&reader)
        try reader.end()
        if let text = message, text.utf8.first == UInt8(ascii: "{") {
            let inner = Array(text.utf8).withUnsafeBytes { try? ErrorBody(json: $0) }
            if let inner, inner.message?.utf8.first != UInt8(ascii: "{") { fill(from: inner, overriding: true) }
        }
    }

    private static func read(_ reader: inout JSONReader) throws(JSONError) -> ErrorBody {
        var body = ErrorBody()
        switch try reader.kind() {
        case .object:
            try reader.beginObject()
            var inner = ErrorBody()
            while let key = try reader.nextKey() {
                try body.readMember(key, &reader, &inner)
            }
            body.fill(from: inner, overriding: true)
        case .array:
            try reader.beginArray()
            while try reader.nextElement() {
                let element = try read(&reader)
                // Of several exceeded quotas, the daily one takes longest to recover.
                let isLonger = element.reason?.contains("PerDay") ?? false
                body.fill(from: element, overriding: false)
                if isLonger { body.reason = element.reason }
            }
        default:
            body.message = try reader.text()
        }
        return body
    }

    private mutating func readMember(
        _ key: JSONKey, _ reader: inout JSONReader, _ inner: inout ErrorBody
    ) throws(JSONError) {
        switch key {
        case "error", "errors", "detail", "choices", "candidates", "promptFeedback", "response":
            if try reader.isContainer() {
                inner.fill(from: try Self.read(&reader), overriding: true)
            } else if let text = try reader.text() {
                inner.message = text
            }
        case "delta" where try reader.isContainer():
            // The last event of a Cohere stream that failed holds the error in `delta`.
            inner.fill(from: try Self.read(&reader), overriding: true)
        case "message", "msg":
            if try reader.isContainer() {
                fill(from: try Self.read(&reader), overriding: false)
            } else {
                message = try reader.text() ?? message
            }
        case "details":
            let details = try Self.read(&reader)
            reason = details.reason ?? reason
            retryAfterMilliseconds = details.retryAfterMilliseconds ?? retryAfterMilliseconds
        case "type", "error_type":
            let text = try reader.text()
            // Some providers wrap the error in {"type":"error"}; Cohere puts the event's name here.
            if text != "error", text != "message-end" { type = text ?? type }
        case "code":
            code = try reader.text() ?? code
            if let code, let number = Int(code), (400...599).contains(number) { status = number }
        case "status":
            let text = try reader.text()
            if let text, let number = Int(text) {
                status = number
            } else if let text, code.map({ Int($0) != nil }) ?? false {
                // Google writes the numeric code to `code` and its name to `status`.
                code = text
            } else {
                type = type ?? text
            }
        case "finishReason", "blockReason":
            // Gemini's reason for returning no content.
            code = try reader.text() ?? code
            message = message ?? code.map { "the answer was ended: \($0)" }
        case "finishMessage":
            // The text after the colon quotes the model's output.
            message = try reader.text().map { String($0.prefix { $0 != ":" }) } ?? message
        case "blockReasonMessage":
            message = try reader.text() ?? message
        case "status_code", "raw_status_code":
            status = try reader.text().flatMap { Int($0) } ?? status
        case "param":
            parameter = try reader.text() ?? parameter
        case "loc":
            parameter = try reader.path()
        case "request_id":
            requestID = try reader.text()
        case "reason", "error_code":
            reason = try reader.text() ?? reason
        case "violations":
            reason = try Self.read(&reader).reason ?? reason
        case "quotaId":
            reason = try reader.text() ?? reason
        case "retryDelay":
            retryAfterMilliseconds = try reader.text().flatMap { Durations.milliseconds($0) }
        default:
            try reader.skip()
        }
    }

    private mutating func fill(from other: ErrorBody, overriding: Bool) {
        func pick<T>(_ mine: T?, _ theirs: T?) -> T? { overriding ? theirs ?? mine : mine ?? theirs }
        message = pick(message, other.message)
        type = pick(type, other.type)
        code = pick(code, other.code)
        parameter = pick(parameter, other.parameter)
        requestID = pick(requestID, other.requestID)
        status = pick(status, other.status)
        reason = pick(reason, other.reason)
        retryAfterMilliseconds = pick(retryAfterMilliseconds, other.retryAfterMilliseconds)
    }
}
