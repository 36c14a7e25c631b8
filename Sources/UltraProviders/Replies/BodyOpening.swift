/// Tells from how a body begins what it is: the content type is often wrong, and so is what was asked for.
struct BodyOpening: Sendable {
    enum Form: Sendable, Equatable {
        case serverSentEvents
        /// It begins with a JSON object.
        case object
        /// It begins with another JSON text that can be an answer, an object over several lines among them, or as an
        /// HTML page does.
        case document
        case other
    }

    /// Bytes that have not decided yet, without the white space and the byte order mark before them.
    private(set) var held: [UInt8] = []

    /// The form of a body that ended before it was decided.
    var formAtEnd: Form { held.first == UInt8(ascii: "{") ? .document : .other }

    /// The form of a body that goes on with `bytes`. They are held if `nil`, too little has come, or if there is
    /// something to be taken away before them.
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
        case UInt8(ascii: "{"):
            // An object that is laid out over several lines is no line of a stream.
            guard bytes.count > 1 else { return nil }
            return bytes[1] == .lineFeed || bytes[1] == .carriageReturn ? .document : .object
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

    /// The fields of an event, each at the start of a line.
    private static let fields = ["data:", "event:", "id:", "retry:", "error:"].map { Array($0.utf8) }
}
