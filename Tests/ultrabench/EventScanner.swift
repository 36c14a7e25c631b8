import Glibc

/// Finds the time stamps that the upstream writes into its events: nineteen digits that begin a string.
///
/// Works on a byte stream cut anywhere, framed as server-sent events or as Ultra frames.
struct EventScanner {
    private static let digits = 19

    /// Digits of a time stamp seen so far; nil outside of one.
    private var digitsSeen: Int?
    private var value: UInt64 = 0

    /// Calls `found` with every time stamp, in nanoseconds.
    mutating func scan(_ bytes: UnsafeRawBufferPointer, _ found: (UInt64) -> Void) {
        guard let base = bytes.baseAddress else { return }
        var index = 0
        while index < bytes.count {
            guard let seen = digitsSeen else {
                guard let quote = memchr(base + index, 34, bytes.count - index) else { return }
                index = UnsafeRawPointer(quote) - base + 1
                (digitsSeen, value) = (0, 0)
                continue
            }
            let byte = bytes[index]
            guard (48...57).contains(byte) else {
                // A quotation mark here may begin the next string.
                digitsSeen = byte == 34 ? 0 : nil
                value = 0
                index += 1
                continue
            }
            value = value &* 10 &+ UInt64(byte &- 48)
            index += 1
            digitsSeen = seen + 1
            if seen + 1 == Self.digits {
                found(value)
                digitsSeen = nil
            }
        }
    }
}
