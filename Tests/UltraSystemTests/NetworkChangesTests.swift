import Testing

@testable import UltraSystem

/// Messages of rtnetlink(7), as the kernel writes them.
@Suite("Changes of the network")
struct NetworkChangesTests {
    private static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number) { Array($0) }
    }

    private static func message(_ type: UInt16, flags: UInt16 = 0, _ body: [UInt8]) -> [UInt8] {
        let message = bytes(UInt32(16 + body.count)) + bytes(type) + bytes(flags) + bytes(UInt64(0)) + body
        return message + [UInt8](repeating: 0, count: (4 - message.count % 4) % 4)
    }

    private static func attribute(_ type: UInt16, _ value: [UInt8]) -> [UInt8] {
        bytes(UInt16(4 + value.count)) + bytes(type) + value + [UInt8](repeating: 0, count: (4 - value.count % 4) % 4)
    }

    private static func address(
        _ type: UInt16 = 20, _ last: UInt8 = 1, scope: UInt8 = 0, lifetime: UInt32 = 3600
    ) -> [UInt8] {
        message(
            type,
            [2, 24, 0x80, scope] + bytes(UInt32(3)) + attribute(1, [10, 0, 0, last])
                + attribute(6, bytes(lifetime) + bytes(lifetime) + bytes(UInt64(0))) + attribute(8, bytes(UInt32(0x80)))
        )
    }

    private static func route(
        _ type: UInt16 = 24, flags: UInt16 = 0, gateway: UInt8 = 1, table: UInt8 = 254, kind: UInt8 = 1,
        lifetime: UInt32 = 1800
    ) -> [UInt8] {
        message(
            type, flags: flags,
            [2, 0, 0, 0, table, 3, 0, kind] + bytes(UInt32(0)) + attribute(5, [10, 0, 0, gateway])
                + attribute(23, bytes(lifetime)))
    }

    private static let linkLocal = message(
        24,
        [10, 64, 0, 0, 254, 2, 0, 1] + bytes(UInt32(0))
            + attribute(1, [0xfe, 0x80] + [UInt8](repeating: 0, count: 14)))

    private static func verdicts(_ messages: [[UInt8]]) -> [Bool] {
        var changes = NetworkChanges()
        return messages.map { bytes in bytes.withUnsafeBytes { changes.receive($0) } }
    }

    @Test("additions, removals and replacements are changes; repetitions are not")
    func news() {
        #expect(Self.verdicts([Self.address(), Self.address(), Self.address(lifetime: 7200)]) == [true, false, false])
        #expect(Self.verdicts([Self.address(), Self.address(20, 2), Self.address()]) == [true, true, false])
        #expect(Self.verdicts([Self.address(), Self.address(21), Self.address()]) == [true, true, true])
        #expect(Self.verdicts([Self.address(21)]) == [true])
        #expect(
            Self.verdicts([Self.route(), Self.route(lifetime: 9), Self.route(25), Self.route()]) == [
                true, false, true, true,
            ])
        let replaced = [Self.route(), Self.route(flags: 0x100, gateway: 2), Self.route(flags: 0x100), Self.route()]
        #expect(Self.verdicts(replaced) == [true, true, true, false])
    }

    @Test("routes that lead to no provider are ignored: links, the local table, other kinds of route and message")
    func noise() {
        let messages = [
            Self.address(scope: 253), Self.address(scope: 254), Self.route(table: 255), Self.route(kind: 3),
            Self.linkLocal, Self.message(16, [0, 0, 0, 0]), Self.message(3, []),
        ]
        #expect(Self.verdicts(messages).allSatisfy { !$0 })
    }

    @Test("several messages come in one read; invalid bytes end the reading")
    func framing() {
        #expect(Self.verdicts([Self.linkLocal + Self.address(), Self.linkLocal + Self.address()]) == [true, false])
        let whole = Self.address()
        for count in 0..<whole.count { #expect(Self.verdicts([Array(whole[..<count])]) == [false]) }
        var changes = NetworkChanges()
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var bytes = Self.linkLocal + Self.address() + Self.route()
            for _ in 0..<4 { bytes[Int.random(in: 0..<bytes.count)] = UInt8.random(in: 0...255, using: &generator) }
            _ = bytes.withUnsafeBytes { changes.receive($0) }
        }
    }
}
