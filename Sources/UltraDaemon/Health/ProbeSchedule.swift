/// When a provider is probed next. Pure: told the time, in milliseconds of one steady clock, and a random share.
struct ProbeSchedule: Sendable, Equatable {
    /// nil: at once.
    private(set) var nextAt: Int?
    private(set) var consecutiveFailures = 0
    private var succeededAt: Int?

    /// There was a success so short a while ago that another one would hardly move the next probe.
    func isFresh(at now: Int, _ settings: HealthSettings) -> Bool {
        guard consecutiveFailures == 0, let succeededAt else { return false }
        let age = now - succeededAt
        return age >= 0 && age < min(1000, settings.probeInterval.wholeMilliseconds / 10)
    }

    /// After a probe or a live answer that shows as much: the next one is an interval away.
    /// - Parameter random: 0 up to 1.
    mutating func succeeded(at now: Int, random: Double, _ settings: HealthSettings) {
        consecutiveFailures = 0
        succeededAt = now
        let interval = Double(settings.probeInterval.wholeMilliseconds)
        let jitter = Double(settings.probeJitterPercent) / 100 * (random * 2 - 1)
        nextAt = now + Int(interval * (1 + jitter))
    }

    /// After a failed probe: soon, then less and less often, and not before `retryAfter` milliseconds, as far as such a
    /// wait is obeyed without a look in between.
    mutating func failed(at now: Int, retryAfter: Int?, _ settings: HealthSettings) {
        let first = settings.retryInterval.wholeMilliseconds
        let pause = first << min(consecutiveFailures, 16)
        consecutiveFailures += 1
        succeededAt = nil
        let wait = min(max(0, retryAfter ?? 0), Rest.trialMilliseconds)
        nextAt = now + max(min(pause, settings.maxRetryInterval.wholeMilliseconds), wait)
    }

    /// A server of this machine does not run: to look costs nothing, so the pauses do not grow.
    mutating func isAbsent(at now: Int, _ settings: HealthSettings) {
        consecutiveFailures = max(1, consecutiveFailures)
        succeededAt = nil
        nextAt = now + settings.retryInterval.wholeMilliseconds
    }

    /// A look that is needed then, whatever else is due.
    mutating func look(at time: Int) {
        nextAt = min(nextAt ?? time, time)
    }

    /// Other settings: of a provider that is well, the next probe is no more than their interval away.
    mutating func adopt(_ settings: HealthSettings, at now: Int) {
        guard consecutiveFailures == 0, let next = nextAt else { return }
        nextAt = min(next, now + settings.probeInterval.wholeMilliseconds)
    }

    /// Something failed in live traffic that a probe can look into: it comes soon, if none is due sooner.
    mutating func hasten(at now: Int, _ settings: HealthSettings) {
        succeededAt = nil
        guard consecutiveFailures == 0 else { return }
        nextAt = min(nextAt ?? now, now + settings.retryInterval.wholeMilliseconds)
    }
}
