internal import UltraSystem

/// When a host is asked for nothing, so that a connection to it is ready when it is needed. Pure; times are
/// milliseconds of one steady clock.
///
/// 1. While something is under way there is nothing to do.
/// 2. A connection that is open is used again shortly before it becomes too old for that.
/// 3. Where none is open one is made: at once, but less and less often where none can be made, or none stays.
struct WarmSchedule: Sendable, Equatable {
    enum Step: Sendable, Equatable {
        case warm
        /// Look again then.
        case wait(milliseconds: Int)
    }

    /// Failures in a row.
    private(set) var failures = 0
    private var notBefore = 0

    func next(_ warmth: PoolWarmth, at now: Int) -> Step {
        let interval = Self.interval(warmth)
        if warmth.active > 0 { return .wait(milliseconds: interval) }
        let wait = max(warmth.open > 0 ? interval - warmth.idleMilliseconds : 0, notBefore - now)
        return wait > 0 ? .wait(milliseconds: wait) : .warm
    }

    /// How long a connection is left alone: nine tenths of the time for which it is used again, or half a second less.
    static func interval(_ warmth: PoolWarmth) -> Int {
        let usable = warmth.usableMilliseconds
        return max(500, min(usable / 10 * 9, usable - 500))
    }

    /// The host was asked.
    /// - Parameter isOpen: a connection to it is there now.
    mutating func asked(isOpen: Bool, at now: Int, _ settings: HealthSettings) {
        if isOpen {
            notBefore = 0
        } else {
            failed(at: now, settings)
        }
    }

    /// The host closed the last connection, which had been idle for `idle` milliseconds.
    mutating func lost(afterIdle idle: Int, at now: Int, _ settings: HealthSettings) {
        if idle < IdleLimit.shortestMilliseconds {
            // It keeps none: a new one would fare no better.
            failed(at: now, settings)
        } else {
            (failures, notBefore) = (0, 0)
        }
    }

    /// A connection was still open when it was time to use it again.
    mutating func kept() {
        failures = 0
    }

    private mutating func failed(at now: Int, _ settings: HealthSettings) {
        let pause = settings.retryInterval.wholeMilliseconds << min(failures, 16)
        failures += 1
        notBefore = now + min(pause, settings.maxRetryInterval.wholeMilliseconds)
    }
}
