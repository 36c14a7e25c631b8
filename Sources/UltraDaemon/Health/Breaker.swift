/// Keeps requests from what fails all the time, and lets one through now and then to see whether it still does.
///
/// Closed: everything passes. Open: nothing does until the pause ends. Then one trial: it closes the breaker or opens
/// it for twice the pause. Pure: every call is told the time, in milliseconds of one steady clock.
struct Breaker: Sendable, Equatable {
    enum Verdict: Sendable, Equatable {
        case allowed
        /// Allowed, and everything else waits for how it ends.
        case trial
        case refused(until: Int)
    }

    private(set) var consecutiveFailures = 0
    /// nil: closed.
    private(set) var openUntil: Int?
    /// How long the present or the last pause is.
    private(set) var pauseMilliseconds = 0
    private var trialSince: Int?
    private var buckets: [Bucket] = []

    init() {}

    /// As an earlier run left it.
    init(consecutiveFailures: Int, openUntil: Int?, pauseMilliseconds: Int) {
        self.consecutiveFailures = consecutiveFailures
        self.openUntil = openUntil
        self.pauseMilliseconds = pauseMilliseconds
    }

    private struct Bucket: Sendable, Equatable {
        var start: Int
        var calls = 0
        var failures = 0
    }

    /// Parts into which the window is cut: a call counts for the window's length, right to one part.
    static let bucketsPerWindow = 6

    /// Whether a request may pass now. A trial must be ended by `succeeded`, `failed` or `gaveUp`, told when it was asked
    /// for: by that it is known from the stragglers of the time before.
    mutating func ask(at now: Int, _ settings: HealthSettings) -> Verdict {
        let verdict = look(at: now, settings)
        if verdict == .trial { trialSince = now }
        return verdict
    }

    /// What `ask` would say, without beginning a trial.
    func look(at now: Int, _ settings: HealthSettings) -> Verdict {
        guard let openUntil else { return .allowed }
        guard now >= openUntil else { return .refused(until: openUntil) }
        // A trial nobody ended, as when its client stays connected for hours, must not close the door for good.
        if let trialSince, now - trialSince < settings.maxBreakerPause.wholeMilliseconds {
            return .refused(until: now + settings.breakerPause.wholeMilliseconds)
        }
        return .trial
    }

    mutating func succeeded(at now: Int, _ settings: HealthSettings) {
        // Stragglers that failed while it was open are no reason to open it again.
        if openUntil != nil { buckets = [] }
        count(false, at: now, settings)
        consecutiveFailures = 0
        // An answer that was on its way when the breaker opened closes it as well: it works.
        openUntil = nil
        trialSince = nil
        pauseMilliseconds = 0
    }

    /// Returns whether this opened the breaker.
    /// - Parameter askedAt: when `ask` let it pass; nil: it was not asked.
    @discardableResult
    mutating func failed(at now: Int, askedAt: Int?, _ settings: HealthSettings) -> Bool {
        count(true, at: now, settings)
        consecutiveFailures += 1
        if openUntil != nil {
            // Stragglers of the time before say nothing new; the trial does.
            guard let trialSince, trialSince == askedAt else { return false }
            open(at: now, settings)
            return true
        }
        guard consecutiveFailures >= settings.breakerFailures || hasFailedOften(settings) else { return false }
        open(at: now, settings)
        return true
    }

    /// A request ended without a verdict: its client went away, or it was itself at fault. If it was the trial, the next
    /// one may be.
    mutating func gaveUp(askedAt: Int?) {
        if trialSince == askedAt { trialSince = nil }
    }

    /// Somebody looked, and it seems to work: the next request may try at once.
    mutating func endPause(at now: Int) {
        openUntil = openUntil.map { min($0, now) }
    }

    private mutating func open(at now: Int, _ settings: HealthSettings) {
        let first = settings.breakerPause.wholeMilliseconds
        let longest = settings.maxBreakerPause.wholeMilliseconds
        pauseMilliseconds = min(max(first, min(pauseMilliseconds, longest) * 2), longest)
        openUntil = now + pauseMilliseconds
        trialSince = nil
        buckets = []
    }

    private func hasFailedOften(_ settings: HealthSettings) -> Bool {
        let calls = buckets.reduce(0) { $0 + $1.calls }
        let failures = buckets.reduce(0) { $0 + $1.failures }
        return calls >= settings.breakerCalls && failures * 100 >= calls * settings.breakerPercent
    }

    private mutating func count(_ isFailure: Bool, at now: Int, _ settings: HealthSettings) {
        let window = settings.breakerWindow.wholeMilliseconds
        let length = max(1, window / Self.bucketsPerWindow)
        let start = now - now % length
        if buckets.last?.start != start {
            buckets.removeAll { $0.start <= now - window }
            buckets.append(Bucket(start: start))
        }
        buckets[buckets.count - 1].calls += 1
        if isFailure { buckets[buckets.count - 1].failures += 1 }
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}
