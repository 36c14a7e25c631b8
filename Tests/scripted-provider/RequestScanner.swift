import Glibc

/// Finds one request in a buffer, without copying it.
struct RequestScanner {
    enum Target { case unary, stream, models, plan, unknown }

    let target: Target
    /// The length of head and body.
    let byteCount: Int

    /// nil if the buffer has no complete request yet.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, let headEnd = Self.offset(of: "\r\n\r\n", in: bytes) else { return nil }
        let head = UnsafeRawBufferPointer(start: base, count: headEnd)
        let length = Self.contentLength(in: head)
        byteCount = headEnd + 4 + length
        guard byteCount <= bytes.count else { return nil }
        if Self.starts(head, with: "POST /v1/chat/completions ") {
            let body = UnsafeRawBufferPointer(start: base + headEnd + 4, count: length)
            let streams =
                Self.offset(of: #""stream":true"#, in: body) != nil
                || Self.offset(of: #""stream": true"#, in: body) != nil
            target = streams ? .stream : .unary
        } else if Self.starts(head, with: "GET /v1/models") {
            target = .models
        } else if Self.starts(head, with: "PUT /plan?") {
            target = .plan
        } else {
            target = .unknown
        }
    }

    /// The integer after `name=` in the request line.
    static func parameter(_ name: StaticString, in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let start = offset(of: name, in: bytes) else { return nil }
        return integer(bytes, from: start + name.utf8CodeUnitCount)
    }

    private static func contentLength(in head: UnsafeRawBufferPointer) -> Int {
        // The two spellings of the measured clients.
        for name: StaticString in ["\r\nContent-Length: ", "\r\ncontent-length: "] {
            if let start = offset(of: name, in: head) {
                return integer(head, from: start + name.utf8CodeUnitCount)
            }
        }
        return 0
    }

    private static func integer(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var value = 0
        var index = start
        while index < bytes.count, (48...57).contains(bytes[index]), value < 1 << 40 {
            value = value * 10 + Int(bytes[index] - 48)
            index += 1
        }
        return value
    }

    private static func offset(of text: StaticString, in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        let first = CInt(text.utf8Start[0])
        var start = 0
        while let found = memchr(base + start, first, bytes.count - start) {
            start = UnsafeRawPointer(found) - base
            guard start + text.utf8CodeUnitCount <= bytes.count else { return nil }
            if memcmp(found, text.utf8Start, text.utf8CodeUnitCount) == 0 { return start }
            start += 1
        }
        return nil
    }

    private static func starts(_ bytes: UnsafeRawBufferPointer, with text: StaticString) -> Bool {
        guard let base = bytes.baseAddress, bytes.count >= text.utf8CodeUnitCount else { return false }
        return memcmp(base, text.utf8Start, text.utf8CodeUnitCount) == 0
    }
}
