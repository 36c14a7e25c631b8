import Testing

@testable import ultractl

struct QuantityTests {
    @Test(
        "counts have up to four digits, then three and a unit",
        arguments: [
            (0, "0"), (9999, "9999"), (10_000, "10.0 k"), (128_000, "128 k"), (999_499, "999 k"), (999_500, "1.00 M"),
            (1_047_576, "1.05 M"), (-20_000, "-20.0 k"), (Int.max, "9223372 T"),
        ])
    func count(_ value: Int, _ text: String) {
        #expect(Quantity.count(value) == text)
    }

    @Test(
        "sizes have binary units",
        arguments: [
            (0, "0 B"), (999, "999 B"), (1000, "0.98 KiB"), (18_769_510, "17.9 MiB"), (1 << 40, "1.00 TiB"),
        ])
    func bytes(_ value: Int, _ text: String) {
        #expect(Quantity.bytes(value) == text)
    }

    @Test(
        "durations have two units at most",
        arguments: [
            (0, "0.0 ms"), (9.94, "9.9 ms"), (312.4, "312 ms"), (9.96, "10 ms"), (999.9, "1.0 s"), (4210, "4.2 s"),
            (59_940, "59.9 s"),
            (59_960, "1 min 0 s"),
            (185_000, "3 min 5 s"), (8_040_000, "2 h 14 min"), (1_047_600_000, "12 d 3 h"),
            (1e300, "11574074 d 1 h"),
        ])
    func duration(_ milliseconds: Double, _ text: String) {
        #expect(Quantity.duration(milliseconds: milliseconds) == text)
    }

    @Test(
        "amounts have cents, and two significant digits below ten cents",
        arguments: [
            (0, "$0.00"), (12.4, "$12.40"), (0.1, "$0.10"), (0.0425, "$0.043"), (0.00008, "$0.000080"),
            (0.000_000_000_1, "$0.000000000"), (1e300, "$1e+300"), (-1.5, "$-1.50"),
        ])
    func money(_ usd: Double, _ text: String) {
        #expect(Quantity.money(usd) == text)
    }
}
