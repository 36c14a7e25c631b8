/// The time of a provider's next probe. Pure: the caller passes the time, in milliseconds of one steady clock, and the
/// random number for the jitter.
struct ProbeSchedule: Sendable, Equatable {
    /// nil: probe now.
    private(set) var nextAt: Int?
    private(set) var consecutiveFailures = 0
    private var succeededAt: Int?

    /// True if the last success is so recent that recording another one would hardly move the next probe.
    func isFresh(at now: Int, _ settings: HealthSettings) -> Bool {
        guard consecutiveFailures == 0, let succeededAt else { return false }
        let age = now - succeededAt
        return age >= 0 && age < min(1000, settings.probeInterval.wholeMilliseconds / 10)
    }

    /// A probe or a live request succeeded: the next probe follows after `probeInterval`, plus or minus the jitter.
    /// - Parameter random: at least 0 and less than 1.
    mutating func succeeded(at now: Int, random: Double, _ settings: HealthSettings) {
        consecutiveFailures = 0
        succeededAt = now
        let interval = Double(settings.probeInterval.wholeMilliseconds)
        let jitter = Double(settings.probeJitterPercent) / 100 * (random * 2 - 1)
        nextAt = now + Int(interval * (1 + jitter))
    }

    /// A probe failed: the next one follows with exponential back-off.
    /// - Parameter retryAfter: milliseconds that the provider asked to wait, obeyed up to `CoolDown.trialMilliseconds`;
    ///   nil: the provider did not ask.
    mutating func failed(at now: Int, retryAfter: Int?, _ settings: HealthSettings) {
        let first = settings.retryInterval.wholeMilliseconds
        let pause = first << min(consecutiveFailures, 16)
        consecutiveFailures += 1
        succeededAt = nil
        let wait = min(max(0, retryAfter ?? 0), CoolDown.trialMilliseconds)
        nextAt = now + max(min(pause, settings.maxRetryInterval.wholeMilliseconds), wait)
    }

    /// A server on this machine is not running. There is no back-off, because a refused local connection costs nothing.
    mutating func absent(at now: Int, _ settings: HealthSettings) {
        consecutiveFailures = max(1, consecutiveFailures)
        succeededAt = nil
        nextAt = now + settings.retryInterval.wholeMilliseconds
    }

    /// Moves the next probe to `time`, unless one is due sooner.
    mutating func probe(noLaterThan time: Int) {
        nextAt = min(nextAt ?? time, time)
    }

    /// A reload changed the settings: the next probe of a healthy provider follows within the new interval.
    mutating func adopt(_ settings: HealthSettings, at now: Int) {
        guard consecutiveFailures == 0, let next = nextAt else { return }
        nextAt = min(next, now + settings.probeInterval.wholeMilliseconds)
    }

    /// A live request failed: the next probe follows within `retryInterval`, unless probes are failing already.
    mutating func hasten(at now: Int, _ settings: HealthSettings) {
        succeededAt = nil
        guard consecutiveFailures == 0 else { return }
        nextAt = min(nextAt ?? now, now + settings.retryInterval.wholeMilliseconds)
    }
}
