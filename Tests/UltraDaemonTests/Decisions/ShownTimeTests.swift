import Testing

@testable import UltraDaemon

/// Times are stored by the steady clock and shown by the wall clock. Milliseconds since 1970.
struct ShownTimeTests {
    @Test(
        "an event of an hour ago is shown as such, however the system's clock was set since",
        arguments: [0, 5000, -5000, 86_400_000, -86_400_000, 31_536_000_000])
    func set(by shift: Int) {
        let now = 1_700_000_000_000
        for age in [3_600_000, 0, -300_000] {
            #expect(WallClock.shown(now - age, now: now, systemNow: now + shift) == now + shift - age)
        }
    }

    @Test("a time shown twice is the same, although the two clocks are not read at once")
    func jitter() {
        for difference in [-999, -1, 0, 1, 999] {
            #expect(WallClock.shown(1500, now: 5000, systemNow: 5000 + difference) == 1500)
        }
    }

    @Test("the file has the system's times, so that the next daemon reads them by its own clock")
    func file() throws {
        var snapshot = RegistrySnapshot()
        snapshot.savedAt = 1_700_000_000_000
        var provider = RegistrySnapshot.KeptProvider(id: "a")
        provider.reachable = Evidence(true, at: snapshot.savedAt - 1000, by: .live)
        provider.breaker = Breaker(
            consecutiveFailures: 5, openUntil: snapshot.savedAt + 20_000, pauseMilliseconds: 20_000)
        snapshot.providers = [provider]
        let shift = 86_400_000
        let read = try RegistrySnapshot(snapshot.bytes(shiftedBy: shift), at: snapshot.savedAt + shift)
        #expect(read.savedAt == snapshot.savedAt + shift)
        #expect(read.providers[0].reachable.at == snapshot.savedAt + shift - 1000)
        #expect(read.providers[0].breaker.openUntil == snapshot.savedAt + shift + 20_000)
    }
}
