/// Tells when work has ended: after an interval in which something was done comes one in which next to nothing was.
struct WorkSpell {
    /// Turns of the loop in one interval that are not work: timers of the daemon and of libcurl.
    static let idleTurns: UInt64 = 10

    private var turns: UInt64 = 0
    /// The start is work.
    private var isWorking = true

    /// Whether work has ended since the last look; `turns` are the loop's since its start.
    mutating func hasEnded(turns: UInt64) -> Bool {
        let isIdle = turns - self.turns <= Self.idleTurns
        self.turns = turns
        defer { isWorking = !isIdle }
        return isWorking && isIdle
    }
}
