/// A circuit breaker.
///
/// Closed: every request passes. Open: every request is refused until the pause ends. Half-open: one trial request
/// passes; its success closes the breaker, its failure opens it for twice the pause. Pure: every call gets the time, in
/// milliseconds of one steady clock.
struct Breaker: Sendable, Equatable {
    enum Verdict: Sendable, Equatable {
        case allowed
        /// Allowed as the half-open trial; other requests are refused until it ends.
        case trial
        case refused(until: Int)
    }

    private(set) var consecutiveFailures = 0
    /// The end of the pause, after which the breaker is half-open; nil: closed.
    private(set) var openUntil: Int?
    /// The length of the current pause; 0 while closed.
    private(set) var pauseMilliseconds = 0
    private var trialSince: Int?
    private var buckets: [Bucket] = []

    init() {}

    /// Restores the state that an earlier run of the daemon saved.
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

    /// Calls are counted in buckets, so a call may leave the window up to one bucket's length early.
    static let bucketsPerWindow = 6

    /// Decides on a request and starts the trial if it is one. `succeeded`, `failed` or `abandoned` ends the trial; the
    /// `askedAt` passed to them distinguishes it from requests sent before the breaker opened.
    mutating func admit(at now: Int, _ settings: HealthSettings) -> Verdict {
        let verdict = verdict(at: now, settings)
        if verdict == .trial { trialSince = now }
        return verdict
    }

    /// The verdict that `admit` would give, without starting a trial.
    func verdict(at now: Int, _ settings: HealthSettings) -> Verdict {
        guard let openUntil else { return .allowed }
        guard now >= openUntil else { return .refused(until: openUntil) }
        // A trial may stream for hours; after `maxBreakerPause` another one is allowed.
        if let trialSince, now - trialSince < settings.maxBreakerPause.wholeMilliseconds {
            return .refused(until: now + settings.breakerPause.wholeMilliseconds)
        }
        return .trial
    }

    mutating func succeeded(at now: Int, _ settings: HealthSettings) {
        // Failures counted while the breaker was open must not open it again.
        if openUntil != nil { buckets = [] }
        count(false, at: now, settings)
        consecutiveFailures = 0
        // A success closes the breaker even if its request was sent before the breaker opened.
        openUntil = nil
        trialSince = nil
        pauseMilliseconds = 0
    }

    /// - Parameter askedAt: the time at which `admit` allowed the request; nil: `admit` was not called.
    /// - Returns: true if this failure opened the breaker.
    @discardableResult
    mutating func failed(at now: Int, askedAt: Int?, _ settings: HealthSettings) -> Bool {
        count(true, at: now, settings)
        consecutiveFailures += 1
        if openUntil != nil {
            // Only the trial's failure extends the pause; other requests were sent before the breaker opened.
            guard let trialSince, trialSince == askedAt else { return false }
            open(at: now, settings)
            return true
        }
        guard consecutiveFailures >= settings.breakerFailures || exceedsFailureShare(settings) else { return false }
        open(at: now, settings)
        return true
    }

    /// A request ended without showing success or failure, for example because its client disconnected. If it was the
    /// trial, the next request may become the trial.
    mutating func abandoned(askedAt: Int?) {
        if trialSince == askedAt { trialSince = nil }
    }

    /// Ends the pause after a successful probe: the next request is the trial.
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

    private func exceedsFailureShare(_ settings: HealthSettings) -> Bool {
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
