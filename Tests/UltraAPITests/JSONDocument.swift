/// Random JSON texts: every type, escape, number form and white space, and damaged ones.
struct JSONDocument {
    private(set) var text = ""
    private var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        space()
        value(depth: 0)
        space()
    }

    /// The text with a few bytes replaced, removed, doubled or put in.
    mutating func damaged() -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.remove(at: index)
            case 2: bytes.insert(bytes[index], at: index)
            case 3: bytes[index] = Self.marks.randomElement(using: &generator) ?? 0
            default: bytes.insert(Self.marks.randomElement(using: &generator) ?? 0, at: index)
            }
        }
        return bytes
    }

    private static let marks = Array(#"{}[],:"\0123456789.eE+-truefalsn "#.utf8)

    private mutating func space() {
        while generator.chance(4) { text += [" ", "\t", "\n", "\r"].randomElement(using: &generator) ?? "" }
    }

    private mutating func value(depth: Int) {
        switch Int.random(in: 0..<(depth < 5 ? 8 : 6), using: &generator) {
        case 0: text += ["true", "false", "null"].randomElement(using: &generator) ?? ""
        case 1, 2: number()
        case 3, 4, 5: string()
        case 6: members("[", "]") { $0.value(depth: depth + 1) }
        default:
            members("{", "}") { document in
                document.string()
                document.space()
                document.text += ":"
                document.space()
                document.value(depth: depth + 1)
            }
        }
    }

    private mutating func members(_ open: String, _ close: String, _ member: (inout JSONDocument) -> Void) {
        text += open
        space()
        for index in 0..<Int.random(in: 0...4, using: &generator) {
            if index > 0 { text += "," }
            space()
            member(&self)
            space()
        }
        text += close
    }

    private mutating func number() {
        if generator.chance(3) { text += "-" }
        text +=
            generator.chance(4)
            ? "0" : "\(UInt64.random(in: 1...(generator.chance(3) ? .max : 999), using: &generator))"
        if generator.chance(3) {
            text += "."
            for _ in 0...Int.random(in: 0..<20, using: &generator) {
                text += "\(Int.random(in: 0...9, using: &generator))"
            }
        }
        if generator.chance(4) {
            text += ["e", "E", "e+", "E-", "e-"].randomElement(using: &generator) ?? ""
            text += "\(Int.random(in: 0...60, using: &generator))"
        }
    }

    private mutating func string() {
        text += "\""
        for _ in 0..<Int.random(in: 0...(generator.chance(5) ? 60 : 6), using: &generator) {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0: text += "\\" + (["\"", "\\", "/", "b", "f", "n", "r", "t"].randomElement(using: &generator) ?? "")
            case 1: text += "\\u" + hexadecimal(UInt32.random(in: 0..<0xD800, using: &generator))
            case 2:
                text += "\\u" + hexadecimal(UInt32.random(in: 0xD800..<0xDC00, using: &generator))
                text += "\\u" + hexadecimal(UInt32.random(in: 0xDC00..<0xE000, using: &generator))
            case 3: text += ["é", "中", "😀", "\u{7f}", "\u{10ffff}", "\u{800}"].randomElement(using: &generator) ?? ""
            default: text += ["a", "z", "0", " ", "{", "]", ",", ":"].randomElement(using: &generator) ?? ""
            }
        }
        text += "\""
    }

    private func hexadecimal(_ unit: UInt32) -> String {
        let digits = String(unit, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}
