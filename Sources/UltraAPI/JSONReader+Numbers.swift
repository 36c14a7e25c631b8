extension JSONReader {
    /// A number as written: ± mantissa × 10^exponent.
    private struct Decimal {
        var start: Int
        var isNegative = false
        var mantissa: UInt64 = 0
        var exponent = 0
        /// True if not all digits fit into `mantissa`. Further digits of the integer part are added to `exponent`.
        var isTruncated = false
        /// True if a digit that did not fit is not zero.
        var isInexact = false
        /// True if there is neither fraction nor exponent.
        var isPlain = true
    }

    /// Reads an integer. Accepts `1.0` and `1e2` too, up to 2^53.
    package mutating func int() throws(JSONError) -> Int {
        let number = try decimal()
        if number.isPlain {
            guard !number.isTruncated else { throw JSONError(.numberOutOfRange, offset: number.start) }
            if number.isNegative, number.mantissa == UInt64(Int.max) + 1 { return Int.min }
            guard let magnitude = Int(exactly: number.mantissa) else {
                throw JSONError(.numberOutOfRange, offset: number.start)
            }
            return number.isNegative ? -magnitude : magnitude
        }
        guard number.mantissa != 0 else { return 0 }
        var (mantissa, exponent) = (number.mantissa, number.exponent)
        guard !number.isInexact else {
            throw JSONError(exponent < 0 ? .notAnInteger : .numberOutOfRange, offset: number.start)
        }
        while exponent < 0, mantissa % 10 == 0 {
            mantissa /= 10
            exponent += 1
        }
        guard exponent >= 0 else { throw JSONError(.notAnInteger, offset: number.start) }
        while exponent > 0, mantissa <= 1 << 53 {
            mantissa *= 10
            exponent -= 1
        }
        guard exponent == 0, mantissa <= 1 << 53 else { throw JSONError(.numberOutOfRange, offset: number.start) }
        return number.isNegative ? -Int(mantissa) : Int(mantissa)
    }

    /// nil for `null`.
    package mutating func intOrNull() throws(JSONError) -> Int? {
        try consumeNull() ? nil : int()
    }

    /// Reads a number, rounded to the nearest `Double`. Too large a number is an error.
    package mutating func double() throws(JSONError) -> Double {
        let number = try decimal()
        // Both operands are exact, so this single operation rounds correctly (Clinger 1990).
        if !number.isTruncated, number.mantissa <= 1 << 53, abs(number.exponent) <= 22 {
            let power = JSONReader.powersOfTen[abs(number.exponent)]
            let magnitude =
                number.exponent < 0 ? Double(number.mantissa) / power : Double(number.mantissa) * power
            return number.isNegative ? -magnitude : magnitude
        }
        let text = String(decoding: bytes[number.start..<position].buffer, as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw JSONError(.numberOutOfRange, offset: number.start)
        }
        return value
    }

    /// nil for `null`.
    package mutating func doubleOrNull() throws(JSONError) -> Double? {
        try consumeNull() ? nil : double()
    }

    /// Consumes and validates a number (RFC 8259, section 6).
    mutating func skipNumber() throws(JSONError) {
        _ = try decimal()
    }

    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    /// Scans a number.
    private mutating func decimal() throws(JSONError) -> Decimal {
        let first = try significantByte()
        var number = Decimal(start: position)
        if first == UInt8(ascii: "-") {
            number.isNegative = true
            position += 1
        } else if !JSONReader.isDigit(first) {
            throw mismatch(.number)
        }
        let integerStart = position
        var dropped = 0
        try digits(into: &number, dropped: &dropped)
        if position - integerStart > 1, bytes[integerStart] == UInt8(ascii: "0") {
            throw JSONError(.invalidNumber, offset: integerStart)
        }
        number.exponent = dropped
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            number.isPlain = false
            position += 1
            let start = position
            dropped = 0
            try digits(into: &number, dropped: &dropped)
            number.exponent -= position - start - dropped
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            number.isPlain = false
            position += 1
            number.exponent += try exponentPart()
        }
        return number
    }

    /// Consumes one or more digits; adds the number of those that do not fit the mantissa to `dropped`.
    private mutating func digits(into number: inout Decimal, dropped: inout Int) throws(JSONError) {
        let start = position
        while position < bytes.count, JSONReader.isDigit(bytes[position]) {
            let digit = UInt64(bytes[position] - UInt8(ascii: "0"))
            position += 1
            let (product, hasOverflowed) = number.mantissa.multipliedReportingOverflow(by: 10)
            let (sum, hasCarried) = product.addingReportingOverflow(digit)
            if number.isTruncated || hasOverflowed || hasCarried {
                dropped += 1
                number.isTruncated = true
                number.isInexact = number.isInexact || digit != 0
            } else {
                number.mantissa = sum
            }
        }
        guard position > start else {
            throw JSONError(position < bytes.count ? .invalidNumber : .unexpectedEnd, offset: position)
        }
    }

    /// Scans an exponent after its `e`, clamped to ±100,000,000, far beyond any `Double`.
    private mutating func exponentPart() throws(JSONError) -> Int {
        var isNegative = false
        if position < bytes.count, bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+") {
            isNegative = bytes[position] == UInt8(ascii: "-")
            position += 1
        }
        let start = position
        var value = 0
        while position < bytes.count, JSONReader.isDigit(bytes[position]) {
            value = min(value * 10 + Int(bytes[position] - UInt8(ascii: "0")), 100_000_000)
            position += 1
        }
        guard position > start else {
            throw JSONError(position < bytes.count ? .invalidNumber : .unexpectedEnd, offset: position)
        }
        return isNegative ? -value : value
    }

    @inline(__always)
    private static func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }
}
