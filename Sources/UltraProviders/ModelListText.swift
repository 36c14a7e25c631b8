package import UltraAPI

/// Where a provider's reply holds its list of models.
package struct ModelListForm: Sendable, Equatable {
    /// Members of the top-level object that hold a list of models. One of them is enough.
    package var members: [String]
    /// The reply may be the array itself, without an object around it.
    package var allowsBareArray: Bool
    /// The reply may be `null`, meaning an empty list.
    package var allowsNull: Bool

    package init(_ members: String..., allowsBareArray: Bool = false, allowsNull: Bool = false) {
        self.members = members
        self.allowsBareArray = allowsBareArray
        self.allowsNull = allowsNull
    }
}

/// The reason why a reply is not a list of models. The models known so far are kept.
package enum NotAModelList: Error, Equatable {
    case json(JSONError)
    case empty
    case html
    /// The reply holds an error object instead of a list.
    case error
    /// Valid JSON, but not the expected form.
    case otherForm

    /// A noun phrase for error messages that names the thing received instead of a list.
    package var words: String {
        switch self {
        case .json: "something that is not JSON"
        case .empty: "nothing"
        case .html: "an HTML page"
        case .error: "an error"
        case .otherForm: "JSON of another form"
        }
    }
}

/// The body of a reply to `Adapter.listRequest`, scanned and decoded in steps, so that a list of 20,000 models does not
/// block the event loop.
///
/// Call `scan` until it returns false, then `decode` once for each index below `pieceCount`.
package struct ModelListText: Sendable {
    /// The number of models decoded in one step.
    package static let pieceLength = 512
    /// The number of bytes after which `scan` returns to its caller.
    private static let scanBytes = 512 << 10

    /// A run of consecutive models in the body.
    package struct Piece: Sendable, Equatable {
        /// The member of the top-level object that holds the models; nil if the body is a bare array.
        fileprivate let member: String?
        fileprivate var range: Range<Int>
        fileprivate var count: Int
    }

    private enum Place {
        case start
        /// Inside the top-level object, before a member's name or the closing brace.
        case members
        /// Inside a list, before an element or the closing bracket. The value is the list's member name, nil for a bare
        /// array.
        case elements(String?)
        case end
    }

    private let body: [UInt8]
    private let form: ModelListForm
    private var position = 0
    private var place = Place.start
    private var isList = false
    private var isFirst = true
    private var pieces: [Piece] = []
    /// The byte ranges of members that are not a list of models, such as the token of the next page.
    private var others: [Range<Int>] = []

    package init(_ body: [UInt8], _ form: ModelListForm) {
        self.body = body
        self.form = form
        // RFC 8259, section 8.1: a byte order mark may be ignored.
        if body.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// Scans the next part of the body.
    /// - Returns: true if there is more to scan; false if the whole body was scanned and is a list of models.
    package mutating func scan() throws(NotAModelList) -> Bool {
        let end = position + Self.scanBytes
        while position < end {
            switch place {
            case .start: try start()
            case .members: try member()
            case .elements(let member): try element(of: member)
            case .end:
                guard isList else { throw .otherForm }
                guard next() == nil else { throw .otherForm }
                return false
            }
        }
        return true
    }

    /// The number of pieces: `decode` accepts indices below it.
    package var pieceCount: Int { isShort ? 1 : max(1, pieces.count) }

    /// Short lists are decoded as a whole, because one model may be spread over several members.
    private var isShort: Bool { pieces.reduce(0) { $0 + $1.count } <= Self.pieceLength }

    /// Decodes one piece. Only the page of the last piece can have `next`, because only that piece includes the other
    /// members.
    package func decode(_ index: Int, by adapter: some Adapter) throws(NotAModelList) -> ModelPage {
        if isShort { return try Self.decode(Array(body[textStart...]), by: adapter) }
        let piece = pieces[index]
        guard let member = piece.member else {
            return try Self.decode([UInt8(ascii: "[")] + body[piece.range] + [UInt8(ascii: "]")], by: adapter)
        }
        var text = Array("{\"\(member)\":[".utf8) + body[piece.range] + Array("]".utf8)
        if index == pieces.count - 1 {
            for range in others { text += [UInt8(ascii: ",")] + body[range] }
        }
        text.append(UInt8(ascii: "}"))
        return try Self.decode(text, by: adapter)
    }

    private static func decode(_ text: [UInt8], by adapter: some Adapter) throws(NotAModelList) -> ModelPage {
        do throws(JSONError) {
            return try JSONReader.read(text) { (reader) throws(JSONError) in
                let page = try adapter.decodeModels(&reader)
                try reader.end()
                return page
            }
        } catch {
            throw .json(error)
        }
    }

    // MARK: - Scanning

    private var textStart: Int { body.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 }

    private mutating func start() throws(NotAModelList) {
        switch next() {
        case UInt8(ascii: "<")?: throw .html
        case UInt8(ascii: "[")? where form.allowsBareArray:
            position += 1
            (isList, isFirst, place) = (true, true, .elements(nil))
        case UInt8(ascii: "{")?:
            position += 1
            (isFirst, place) = (true, .members)
        case nil: throw .empty
        default:
            let isNull = try value { (reader) throws(JSONError) in
                let isNull = try reader.kind() == .null
                try reader.skip()
                return isNull
            }
            guard isNull, form.allowsNull else { throw .otherForm }
            (isList, place) = (true, .end)
        }
    }

    private mutating func member() throws(NotAModelList) {
        guard try !isClosed(by: UInt8(ascii: "}")) else { return place = .end }
        _ = next()
        let begin = position
        let name = try value { (reader) throws(JSONError) in try reader.string() }
        guard next() == UInt8(ascii: ":") else { throw .json(JSONError(.unexpectedByte, offset: position)) }
        position += 1
        let first = next()
        if form.members.contains(name), first == UInt8(ascii: "[") {
            position += 1
            (isList, isFirst, place) = (true, true, .elements(name))
            return
        }
        // A nil slice in Go is encoded as `null`.
        if form.members.contains(name), first == UInt8(ascii: "n") { isList = true }
        let presence = try value { (reader) throws(JSONError) in try Self.presence(&reader) }
        if name == "error", presence != .absent { throw .error }
        if name == "success", presence == .isFalse { throw .error }
        if !form.members.contains(name) { others.append(begin..<position) }
    }

    private mutating func element(of member: String?) throws(NotAModelList) {
        guard try !isClosed(by: UInt8(ascii: "]")) else {
            isFirst = false
            return place = member == nil ? .end : .members
        }
        _ = next()
        let begin = position
        try value { (reader) throws(JSONError) in try reader.skip() }
        if let last = pieces.last, last.member == member, last.count < Self.pieceLength {
            pieces[pieces.count - 1].range = last.range.lowerBound..<position
            pieces[pieces.count - 1].count += 1
        } else {
            pieces.append(Piece(member: member, range: begin..<position, count: 1))
        }
    }

    /// Consumes the comma before the next member or element, or the closing bracket.
    /// - Returns: true if it was the closing bracket.
    private mutating func isClosed(by end: UInt8) throws(NotAModelList) -> Bool {
        let byte = next()
        if byte == end {
            position += 1
            return true
        }
        if isFirst {
            isFirst = false
        } else {
            guard byte == UInt8(ascii: ",") else { throw .json(JSONError(.unexpectedByte, offset: position)) }
            position += 1
        }
        return false
    }

    private enum Presence {
        /// null, or an empty string, array or object.
        case absent
        case isFalse
        case present
    }

    /// Classifies the value of `error` or `success`, either of which may also occur in a valid list.
    private static func presence(_ reader: inout JSONReader) throws(JSONError) -> Presence {
        switch try reader.kind() {
        case .null:
            try reader.null()
            return .absent
        case .bool: return try reader.bool() ? .present : .isFalse
        case .string: return try reader.string().isEmpty ? .absent : .present
        case .number:
            try reader.skip()
            return .present
        case .array, .object:
            let text = try reader.raw()
            return text.count { !$0.isJSONWhitespace } == 2 ? .absent : .present
        }
    }

    /// The next byte that is not white space.
    private mutating func next() -> UInt8? {
        while position < body.count, body[position].isJSONWhitespace { position += 1 }
        return position < body.count ? body[position] : nil
    }

    /// Reads the value at `position` and moves `position` past it.
    @discardableResult
    private mutating func value<Value>(
        _ read: (inout JSONReader) throws(JSONError) -> Value
    ) throws(NotAModelList) -> Value {
        let start = position
        do throws(JSONError) {
            let (value, length) = try body.withUnsafeBufferPointer { (bytes) throws(JSONError) -> (Value, Int) in
                var reader = JSONReader(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[start...])))
                let value = try read(&reader)
                return (value, reader.offset)
            }
            position = start + length
            return value
        } catch {
            throw .json(error)
        }
    }
}
