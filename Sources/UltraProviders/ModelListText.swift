package import UltraAPI

/// Where in a reply a provider's API puts its models.
package struct ModelListForm: Sendable, Equatable {
    /// Members of the reply's object, any of which is a list.
    package var members: [String]
    /// The list itself is the reply.
    package var allowsBareArray: Bool
    /// `null` is an empty list.
    package var allowsNull: Bool

    package init(_ members: String..., allowsBareArray: Bool = false, allowsNull: Bool = false) {
        self.members = members
        self.allowsBareArray = allowsBareArray
        self.allowsNull = allowsNull
    }
}

/// Why a reply is no list of models; what is known of the models stands.
package enum NotAModelList: Error, Equatable {
    case json(JSONError)
    case empty
    case html
    /// It reports an error in place of a list.
    case error
    /// Valid JSON of another form.
    case otherForm

    /// What was sent in place of a list.
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

/// A reply to `Adapter.listRequest`, looked through and decoded in pieces: a list of 20,000 models must not hold up
/// everybody for as long as it takes.
///
/// `scan` is called until it returns false; then each of `pieces` is decoded by itself.
package struct ModelListText: Sendable {
    /// Models that are decoded at once.
    package static let pieceLength = 512
    /// Bytes after which `scan` takes a break.
    private static let scanBytes = 512 << 10

    /// A part of the list.
    package struct Piece: Sendable, Equatable {
        /// nil: of a bare array.
        fileprivate let member: String?
        fileprivate var range: Range<Int>
        fileprivate var count: Int
    }

    private enum Place {
        case start
        /// Within the outermost object, before a member's name or its end.
        case members
        /// Within a list, before an element or its end.
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
    /// The members that are no list.
    private var others: [Range<Int>] = []

    package init(_ body: [UInt8], _ form: ModelListForm) {
        self.body = body
        self.form = form
        // RFC 8259, section 8.1: a byte order mark may be ignored.
        if body.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// Looks through some more of the text; false: all of it was, and it is a list.
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

    /// How many times `decode` is to be called.
    package var pieceCount: Int { isShort ? 1 : max(1, pieces.count) }

    /// Short lists are decoded whole: what belongs together may stand apart in them.
    private var isShort: Bool { pieces.reduce(0) { $0 + $1.count } <= Self.pieceLength }

    /// Decodes a piece; the last one has what the reply says of further pages.
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

    // MARK: - Looking through

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
        // An empty list of servers in Go.
        if form.members.contains(name), first == UInt8(ascii: "n") { isList = true }
        let says = try value { (reader) throws(JSONError) in try Self.meaning(&reader) }
        if name == "error", says != .nothing { throw .error }
        if name == "success", says == .no { throw .error }
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

    /// Takes the comma before the next member or element, or what closes them all.
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

    private enum Meaning {
        case nothing, no, something
    }

    /// What a value says that should not be there.
    private static func meaning(_ reader: inout JSONReader) throws(JSONError) -> Meaning {
        switch try reader.kind() {
        case .null:
            try reader.null()
            return .nothing
        case .bool: return try reader.bool() ? .something : .no
        case .string: return try reader.string().isEmpty ? .nothing : .something
        case .number:
            try reader.skip()
            return .something
        case .array, .object:
            let text = try reader.raw()
            return text.count { !$0.isJSONWhitespace } == 2 ? .nothing : .something
        }
    }

    /// The next byte that is not white space.
    private mutating func next() -> UInt8? {
        while position < body.count, body[position].isJSONWhitespace { position += 1 }
        return position < body.count ? body[position] : nil
    }

    /// Reads the value at `position`, and goes behind it.
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
