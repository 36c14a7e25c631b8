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
