extension JSONText {
    /// Source bytes per block; each byte becomes at most six.
    private static let blockBytes = 256

    /// Appends `text` as a JSON string. Escapes only what RFC 8259, section 7 requires.
    /// - Parameters:
    ///   - afterComma: Append a comma first.
    ///   - isName: Append a colon afterwards.
    static func appendQuoted(
        _ text: String, afterComma: Bool = false, isName: Bool = false, to bytes: inout [UInt8]
    ) {
        var text = text
        text.withUTF8 { utf8 in
            let content = BorrowedBytes(UnsafeRawBufferPointer(utf8))
            var seen: UInt64 = 0
            let clean = plainRun(content, from: 0, seen: &seen)
            guard clean < content.count else {
                return appendPlain(utf8, afterComma: afterComma, isName: isName, to: &bytes)
            }
            if afterComma { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "\""))
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[..<clean]))
            appendEscaped(content[clean..<content.count], to: &bytes)
            bytes.append(UInt8(ascii: "\""))
            if isName { bytes.append(UInt8(ascii: ":")) }
        }
    }

    /// Appends a JSON string that needs no escapes, with its comma and colon, growing the array only once.
    static func appendPlain(
        _ text: UnsafeBufferPointer<UInt8>, afterComma: Bool, isName: Bool, to bytes: inout [UInt8]
    ) {
        bytes.append(addingCapacity: text.count + 4) { (span: inout OutputSpan<UInt8>) in
            span.withUnsafeMutableBufferPointer { room, used in
                if afterComma {
                    room.initializeElement(at: used, to: UInt8(ascii: ","))
                    used += 1
                }
                room.initializeElement(at: used, to: UInt8(ascii: "\""))
                used = room[(used + 1)...].initialize(fromContentsOf: text)
                room.initializeElement(at: used, to: UInt8(ascii: "\""))
                used += 1
                if isName {
                    room.initializeElement(at: used, to: UInt8(ascii: ":"))
                    used += 1
                }
            }
        }
    }

    @inline(never)
    private static func appendEscaped(_ content: BorrowedBytes, to bytes: inout [UInt8]) {
        // Eight bytes more, because runs are copied in whole words.
        withUnsafeTemporaryAllocation(byteCount: 6 * blockBytes + 8, alignment: 8) { block in
            var start = 0
            while start < content.count {
                let end = min(start + blockBytes, content.count)
                let written = escape(content[start..<end], into: block)
                bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: block[..<written]))
                start = end
            }
        }
    }

    /// Escapes `content` into `target`, which must have room for six times `content` and eight bytes more. Returns the
    /// number of bytes written.
    private static func escape(
        _ content: BorrowedBytes, into target: UnsafeMutableRawBufferPointer
    ) -> Int {
        var source = 0
        var written = 0
        while source < content.count {
            while source + 8 <= content.count {
                let word = content.word(at: source)
                target.storeBytes(of: word.littleEndian, toByteOffset: written, as: UInt64.self)
                let plain = specials(in: word).trailingZeroBitCount / 8
                // A branch lets the CPU start the next word before the count of this one is known.
                guard plain == 8 else {
                    source += plain
                    written += plain
                    break
                }
                source += 8
                written += 8
            }
            while source < content.count, !isSpecial(content[source]) {
                target[written] = content[source]
                source += 1
                written += 1
            }
            // Bytes to escape often follow one another.
            while source < content.count, isSpecial(content[source]) {
                written += writeEscape(of: content[source], to: target, at: written)
                source += 1
            }
        }
        return written
    }

    /// Writes the escape of `byte` and returns its length.
    @inline(__always)
    private static func writeEscape(
        of byte: UInt8, to target: UnsafeMutableRawBufferPointer, at index: Int
    ) -> Int {
        target[index] = UInt8(ascii: "\\")
        let letter: UInt8
        switch byte {
        case 0x0A: letter = UInt8(ascii: "n")
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): letter = byte
        case 0x09: letter = UInt8(ascii: "t")
        case 0x0D: letter = UInt8(ascii: "r")
        case 0x08: letter = UInt8(ascii: "b")
        case 0x0C: letter = UInt8(ascii: "f")
        default:
            // `byte` is below 0x20, so the second-last digit is 0 or 1.
            target[index + 1] = UInt8(ascii: "u")
            target[index + 2] = UInt8(ascii: "0")
            target[index + 3] = UInt8(ascii: "0")
            target[index + 4] = UInt8(ascii: "0") + byte >> 4
            let low = byte & 15
            target[index + 5] = low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") - 10 + low
            return 6
        }
        target[index + 1] = letter
        return 2
    }
}

extension JSONText {
    /// Room for the sign, the 19 digits of an `Int`, a point and a zero before it.
    private static let decimalBytes = 24

    /// Appends `value` / 10^`places` exactly, without trailing zeros in the fraction.
    /// - Precondition: `places` is from 0 to 18.
    static func appendDecimal(_ value: Int, places: Int, to bytes: inout [UInt8]) {
        var magnitude = value.magnitude
        var places = places
        while places > 0, magnitude % 10 == 0 {
            magnitude /= 10
            places -= 1
        }
        withUnsafeTemporaryAllocation(byteCount: decimalBytes, alignment: 1) { digits in
            var start = decimalBytes
            var written = 0
            // There is at least one digit before the point.
            while magnitude > 0 || written <= places {
                if written == places, places > 0 {
                    start -= 1
                    digits[start] = UInt8(ascii: ".")
                }
                let (quotient, digit) = magnitude.quotientAndRemainder(dividingBy: 10)
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(digit)
                magnitude = quotient
                written += 1
            }
            if value < 0 {
                start -= 1
                digits[start] = UInt8(ascii: "-")
            }
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: digits[start...]))
        }
    }
}
