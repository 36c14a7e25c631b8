internal import UltraSystem

/// The times at which a keep-alive request is sent to a host. Pure; times are milliseconds of one steady clock.
///
/// 1. While a request is in flight, nothing is sent.
/// 2. An idle connection is used shortly before it becomes too old for reuse.
/// 3. Without a connection, one is opened at once, with exponential back-off while the host refuses or closes it early.
struct WarmSchedule: Sendable, Equatable {
    enum Step: Sendable, Equatable {
        /// Send a request now.
        case warm
        /// Call `next` again after this time.
        case wait(milliseconds: Int)
    }

    /// Consecutive failures.
    private(set) var failures = 0
    private var notBefore = 0

    func next(_ warmth: PoolWarmth, at now: Int) -> Step {
        let interval = Self.interval(warmth)
        if warmth.active > 0 { return .wait(milliseconds: interval) }
        let wait = max(warmth.open > 0 ? interval - warmth.idleMilliseconds : 0, notBefore - now)
        return wait > 0 ? .wait(milliseconds: wait) : .warm
    }

    /// Milliseconds after which an idle connection is used: nine tenths of its idle limit, or 500 ms before it,
    /// whichever is shorter; at least 500 ms.
    static func interval(_ warmth: PoolWarmth) -> Int {
        let usable = warmth.usableMilliseconds
        return max(500, min(usable / 10 * 9, usable - 500))
    }

    /// A request to the host ended.
    /// - Parameter isOpen: true if a connection to the host is open now.
    mutating func sent(isOpen: Bool, at now: Int, _ settings: HealthSettings) {
        if isOpen {
            notBefore = 0
        } else {
            failed(at: now, settings)
        }
    }

    /// The host closed its last connection, which had been idle for `idle` milliseconds.
    mutating func lost(afterIdle idle: Int, at now: Int, _ settings: HealthSettings) {
        if idle < IdleLimit.shortestMilliseconds {
            // The host has no keep-alive, so it would close a new connection too.
            failed(at: now, settings)
        } else {
            (failures, notBefore) = (0, 0)
        }
    }

    /// The connection was still open when it was due for use.
    mutating func kept() {
        failures = 0
    }

    private mutating func failed(at now: Int, _ settings: HealthSettings) {
        let pause = settings.retryInterval.wholeMilliseconds << min(failures, 16)
        failures += 1
        notBefore = now + min(pause, settings.maxRetryInterval.wholeMilliseconds)
    }
}
