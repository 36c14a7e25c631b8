import UltraAPI

/// What an error reply says, whatever its shape; every field may be missing.
///
/// Read are OpenAI's `{"error":{…}}`, plain strings under `error`, FastAPI's `detail`, flat objects, arrays of these,
/// JSON text inside `message`, plain text, and HTML, of which nothing is kept.
package struct ErrorBody: Sendable, Equatable {
    /// As the provider wrote it: to be cleaned by `ErrorText` before it is shown.
    package var message: String?
    package var type: String?
    /// A string or a number.
    package var code: String?
    /// The field of our request it blames.
    package var parameter: String?
    package var requestID: String?
    /// The HTTP status it speaks of.
    package var status: Int?
    /// A finer code among its details.
    package var reason: String?
    /// Google's `RetryInfo`.
    package var retryAfterMilliseconds: Int?
    package var isHTML = false

    package init() {}

    package init(_ bytes: UnsafeRawBufferPointer) {
        let bytes = bytes.withoutByteOrderMark
        switch bytes.first(where: { !$0.isJSONWhitespace }) {
        case UInt8(ascii: "<")?:
            isHTML = true
        case UInt8(ascii: "{")?, UInt8(ascii: "[")?, UInt8(ascii: "\"")?:
            // Broken JSON is not shown as text: there is no telling whether it quotes a prompt.
            if let read = try? ErrorBody(json: bytes) { self = read }
        case nil:
            break
        default:
            // More than is shown, so that no key is cut before it is looked for.
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
                // Of several limits exceeded the longest counts.
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
            // Cohere's last event of a stream that failed.
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
            // Some put {"type":"error"} around the error proper; Cohere, the name of the event.
            if text != "error", text != "message-end" { type = text ?? type }
        case "code":
            code = try reader.text() ?? code
            if let code, let number = Int(code), (400...599).contains(number) { status = number }
        case "status":
            let text = try reader.text()
            if let text, let number = Int(text) {
                status = number
            } else if let text, code.map({ Int($0) != nil }) ?? false {
                // Google's: the code in words, after its number.
                code = text
            } else {
                type = type ?? text
            }
        case "finishReason", "blockReason":
            // Google's reason for an answer that is none.
            code = try reader.text() ?? code
            message = message ?? code.map { "the answer was ended: \($0)" }
        case "finishMessage":
            // What follows the colon is the answer.
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
