/// Detects the format of a reply from its first bytes. Neither the content type nor the requested format is reliable.
struct BodyOpening: Sendable {
    enum Form: Sendable, Equatable {
        case serverSentEvents
        /// A JSON object.
        case object
        /// Another JSON text that can be an answer, or an HTML page.
        case document
        case other
    }

    /// The bytes received while the format is undecided, without leading white space and byte order mark.
    private(set) var held: [UInt8] = []

    /// Returns the format of a body that continues with `bytes`; nil if more bytes are needed.
    ///
    /// `bytes` are appended to `held` if the result is nil, or if white space or a byte order mark had to be removed.
    mutating func form(_ bytes: UnsafeRawBufferPointer) -> Form? {
        if held.isEmpty, let form = Self.form(of: bytes) { return form }
        held.append(contentsOf: bytes)
        if held.starts(with: Self.byteOrderMark) { held.removeFirst(3) }
        held.removeFirst(held.prefix(while: \.isJSONWhitespace).count)
        return held.withUnsafeBytes(Self.form)
    }

    private static func form(of bytes: UnsafeRawBufferPointer) -> Form? {
        switch bytes.first {
        case nil: return nil
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "<"): return .document
        // A comment.
        case UInt8(ascii: ":"): return .serverSentEvents
        case let first? where first.isJSONWhitespace: return nil
        default: break
        }
        if bytes.starts(with: byteOrderMark) || byteOrderMark.starts(with: bytes) { return nil }
        for field in fields {
            if bytes.starts(with: field) { return .serverSentEvents }
            if field.starts(with: bytes) { return nil }
        }
        return .other
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// The fields of an event, which begin a line.
    private static let fields = ["data:", "event:", "id:", "retry:", "error:"].map { Array($0.utf8) }
}
