import UltraAPI

/// Joins surrogate pairs that servers split across two pieces because they cut text between UTF-16 code units.
///
/// `JSONReader` decodes a lone surrogate as U+FFFD. Only if that happens are the pieces inspected: a high surrogate at
/// the end of a piece is held back until the next piece of the same kind, which begins with its low surrogate or shows
/// that there is none. All other lone surrogates stay U+FFFD.
struct SurrogateHalves: Sendable {
    /// A sequence of pieces that continue each other.
    private enum Kind: Hashable {
        case text, reasoning
        case arguments(Int)
    }

    private var held: [Kind: UInt32] = [:]

    /// True if a high surrogate waits for its low surrogate.
    private(set) var isHolding = false

    /// Repairs the events from index `start` on, which were decoded from `json`.
    mutating func repair(_ events: inout [AnswerEvent], from start: Int, of json: UnsafeRawBufferPointer) {
        let strings = Self.cutStrings(in: json)
        let new = Array(events[start...])
        events.removeSubrange(start...)
        for event in new {
            switch event {
            case .text(let piece):
                let whole = repair(piece, .text, strings)
                if !whole.isEmpty { events.append(.text(whole)) }
            case .reasoning(let piece):
                let whole = repair(piece, .reasoning, strings)
                if !whole.isEmpty { events.append(.reasoning(whole)) }
            case .toolCall(var call):
                call.arguments = repair(call.arguments, .arguments(call.index), strings)
                events.append(.toolCall(call))
            default:
                events.append(event)
            }
        }
        isHolding = !held.isEmpty
    }

    /// Ends the reply: high surrogates still held back become U+FFFD.
    mutating func finish(into events: inout [AnswerEvent]) {
        for kind in held.keys {
            switch kind {
            case .text: events.append(.text(Self.replacement))
            case .reasoning: events.append(.reasoning(Self.replacement))
            case .arguments(let index):
                events.append(.toolCall(ToolCallDelta(index: index, arguments: Self.replacement)))
            }
        }
        held = [:]
        isHolding = false
    }

    private static let replacement = "\u{FFFD}"

    private mutating func repair(_ piece: String, _ kind: Kind, _ strings: [CutString]) -> String {
        guard !piece.isEmpty else { return piece }
        let low = strings.first { $0.first != nil && Self.begins(piece, with: $0.text) }?.first
        let nextHigh = strings.first { $0.last != nil && Self.ends(piece, with: $0.text) }?.last
        var piece = piece
        if nextHigh != nil { piece.unicodeScalars.removeLast() }
        if let high = held.removeValue(forKey: kind) {
            if let low, let scalar = Unicode.Scalar(0x10000 + (high & 0x3FF) << 10 + (low & 0x3FF)) {
                piece.unicodeScalars.removeFirst()
                piece = String(Character(scalar)) + piece
            } else {
                piece = Self.replacement + piece
            }
        }
        if let nextHigh { held[kind] = nextHigh }
        return piece
    }

    /// Compares code points; `hasPrefix` would compare characters.
    private static func begins(_ piece: String, with text: String) -> Bool {
        piece.unicodeScalars.starts(with: text.unicodeScalars)
    }

    private static func ends(_ piece: String, with text: String) -> Bool {
        piece.unicodeScalars.reversed().starts(with: text.unicodeScalars.reversed())
    }

    private static func cutStrings(in json: UnsafeRawBufferPointer) -> [CutString] {
        var strings: [CutString] = []
        var index = 0
        while index < json.count {
            guard json[index] == UInt8(ascii: "\"") else {
                index += 1
                continue
            }
            let start = index
            index += 1
            while index < json.count, json[index] != UInt8(ascii: "\"") {
                index += json[index] == UInt8(ascii: "\\") ? 2 : 1
            }
            guard index < json.count else { break }
            index += 1
            if let string = CutString(quoted: UnsafeRawBufferPointer(rebasing: json[start..<index])) {
                strings.append(string)
            }
        }
        return strings
    }
}

/// A JSON string that begins with a low surrogate or ends with a high one.
private struct CutString {
    /// The string as `JSONReader` decodes it.
    let text: String
    let first: UInt32?
    let last: UInt32?

    /// Fails if `quoted` neither begins with a low surrogate nor ends with a high one.
    init?(quoted: UnsafeRawBufferPointer) {
        let content = UnsafeRawBufferPointer(rebasing: quoted.dropFirst().dropLast())
        guard content.count >= 6 else { return nil }
        let first = Self.half(content.prefix(6)).flatMap { $0 >= 0xDC00 ? $0 : nil }
        // After an odd number of backslashes, `\u` is an escaped backslash and a letter.
        let before = content.dropLast(6).reversed().prefix { $0 == UInt8(ascii: "\\") }.count
        let last = before.isMultiple(of: 2) ? Self.half(content.suffix(6)).flatMap { $0 < 0xDC00 ? $0 : nil } : nil
        guard first != nil || last != nil else { return nil }
        var reader = JSONReader(reply: quoted)
        guard let text = try? reader.string() else { return nil }
        self.text = text
        self.first = first
        self.last = last
    }

    /// The code unit of `escape` if it is a surrogate.
    private static func half(_ escape: Slice<UnsafeRawBufferPointer>) -> UInt32? {
        guard escape.starts(with: "\\u".utf8),
            let unit = UInt32(String(decoding: escape.dropFirst(2), as: UTF8.self), radix: 16),
            unit & 0xF800 == 0xD800
        else { return nil }
        return unit
    }
}
