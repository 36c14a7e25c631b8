internal import Glibc
internal import UltraSystem

/// Returns the allocator's free memory to the system when a period of work ends, so that an idle daemon is small.
@Loop
final class MemoryRelease {
    /// The interval between checks. Memory is released one or two intervals after the work ended.
    static let interval = Duration.seconds(5)

    private let timer = Timer {}
    private var period = WorkPeriod()

    init() {
        timer.onFire = { [unowned self] in
            timer.arm(after: Self.interval)
            if period.hasEnded(turns: EventLoop.shared.turnCount) { UnusedMemory.release() }
        }
        timer.arm(after: Self.interval)
    }

    isolated deinit {
        timer.cancel()
    }
}

/// Detects the end of a period of work: an interval with work that is followed by an idle one. Pure.
struct WorkPeriod {
    /// An interval with at most this many turns of the loop is idle: timers of the daemon and of libcurl need some.
    static let idleTurns: UInt64 = 10

    private var turns: UInt64 = 0
    /// True at first, because starting is work.
    private var isWorking = true

    /// True if the period ended in the interval since the last call.
    /// - Parameter turns: the turns of the loop since its start.
    mutating func hasEnded(turns: UInt64) -> Bool {
        let isIdle = turns - self.turns <= Self.idleTurns
        self.turns = turns
        defer { isWorking = !isIdle }
        return isWorking && isIdle
    }
}

/// The memory of this process, from `/proc/self/statm` (proc_pid_statm(5)).
enum ProcessMemory {
    /// The resident set size; 0 if `/proc` cannot be read.
    static var residentBytes: Int {
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return 0 }
        defer { close(file) }
        var text = [UInt8](repeating: 0, count: 128)
        let count = read(file, &text, text.count)
        guard count > 0 else { return 0 }
        let fields = String(decoding: text[..<count], as: UTF8.self).split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(CInt(_SC_PAGESIZE))) : 0
    }
}
