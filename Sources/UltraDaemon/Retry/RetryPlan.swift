internal import UltraAPI

/// The only place that decides on retries: which candidate is tried first, and which one after a failure. Pure; times
/// are milliseconds of the caller's steady clock.
///
/// 1. No further attempt once content has reached the client, or if every candidate would refuse the request.
/// 2. The first untried candidate that is ready now. This is not a retry.
/// 3. An untried candidate that is ready within `untriedPatienceMilliseconds`: waiting costs less than a retry.
/// 4. The candidate that is ready soonest. After a failure a candidate waits by exponential back-off with full jitter,
///    and at least as long as its provider asked.
/// 5. No further attempt if all candidates have used up their retries, or the next pause would be too long or pass the
///    deadline.
///
/// All requests that a provider told to wait become ready at the same time, so each gets a small jitter.
struct RetryPlan: Sendable, Equatable {
    enum Step: Sendable, Equatable {
        /// Try the candidate at this index after a pause. `isRetry` is true once per failure, even if the attempt is
        /// then postponed and announced again.
        case attempt(Int, afterMilliseconds: Int, isRetry: Bool)
        case fail
    }

    /// The state of one candidate.
    private struct Track: Sendable, Equatable {
        /// Attempts, the chosen one included.
        var attempts = 0
        /// True from the announcement of an attempt until it fails or is postponed.
        var isChosen = false
        /// The end of the first postponement since the last attempt.
        var postponedUntil: Int?
        /// True if an attempt failed and its retry has not been announced.
        var hasFailed = false
        /// True if no further attempt is to be made.
        var isExcluded = false
        var readyAt = 0
        /// Milliseconds after `readyAt`.
        var jitter = 0

        var attemptAt: Int { readyAt + jitter }
    }

    /// Jitter for requests released together; kept small, because one 429 defers every later request.
    static let jitterMilliseconds = 100
    /// The longest wait for an untried candidate in place of a retry.
    static let untriedPatienceMilliseconds = 2000

    private let settings: RetrySettings
    private let deadline: Int?
    private var tracks: [Track]

    /// - Parameters:
    ///   - candidates: the number of candidates.
    ///   - deadline: no attempt starts at or after this time; nil: no deadline.
    init(candidates: Int, deadline: Int?, _ settings: RetrySettings) {
        tracks = Array(repeating: Track(), count: candidates)
        self.deadline = deadline
        self.settings = settings
    }

    /// Makes no further attempt at the candidate at `index`.
    mutating func exclude(_ index: Int) {
        tracks[index].isExcluded = true
    }

    /// Makes no attempt at the candidate at `index` before `until`. A postponed attempt is not counted; total
    /// postponement is capped at `maxPause`, so that a request without a deadline does not wait forever. The cap is on
    /// time rather than on the number of postponements, because every refusal in a burst postpones the waiting requests
    /// a little further.
    /// - Parameter random: the share of the jitter, at least 0 and less than 1.
    mutating func postpone(_ index: Int, until: Int, random: Double) {
        tracks[index].readyAt = until
        tracks[index].jitter = Int(Double(Self.jitterMilliseconds) * random)
        guard tracks[index].isChosen else { return }
        tracks[index].isChosen = false
        tracks[index].attempts -= 1
        let first = tracks[index].postponedUntil ?? until
        tracks[index].postponedUntil = first
        if until - first > settings.maxPause.wholeMilliseconds { tracks[index].isExcluded = true }
    }

    /// The next attempt.
    mutating func next(now: Int) -> Step {
        if let untried = tracks.indices.first(where: { isUntried($0) && tracks[$0].attemptAt <= now }) {
            choose(untried)
            return .attempt(untried, afterMilliseconds: 0, isRetry: false)
        }
        // A pause longer than `maxPause` is left to the client, which learns from the error how long to wait.
        let open = tracks.indices.filter { index in
            let track = tracks[index]
            return !track.isExcluded && track.attempts <= settings.perCandidate
                && track.readyAt - now <= settings.maxPause.wholeMilliseconds
                && deadline.map { max(now, track.attemptAt) < $0 } ?? true
        }
        let untried = open.filter { isUntried($0) && tracks[$0].attemptAt - now <= Self.untriedPatienceMilliseconds }
        let choice = untried.isEmpty ? open : untried
        guard let soonest = choice.min(by: { tracks[$0].attemptAt < tracks[$1].attemptAt }) else { return .fail }
        let pause = max(0, tracks[soonest].attemptAt - now)
        let isRetry = tracks[soonest].hasFailed
        choose(soonest)
        return .attempt(soonest, afterMilliseconds: pause, isRetry: isRetry)
    }

    /// The next attempt after one at the candidate at `index` failed.
    /// - Parameters:
    ///   - isCommitted: true if content of the answer has reached the client.
    ///   - random: the share of the pause or of the jitter, at least 0 and less than 1.
    mutating func next(
        after error: UltraError, of index: Int, isCommitted: Bool, now: Int, random: Double
    ) -> Step {
        guard !isCommitted, let outlook = Outlook(error), deadline.map({ now < $0 }) ?? true else { return .fail }
        tracks[index].hasFailed = true
        tracks[index].isChosen = false
        tracks[index].postponedUntil = nil
        switch outlook {
        case .otherCandidates:
            tracks[index].isExcluded = true
        case .anyCandidate:
            let bound = settings.initialPause.wholeMilliseconds << min(max(0, tracks[index].attempts - 1), 20)
            let pause = Double(min(bound, settings.maxPause.wholeMilliseconds)) * random
            let wait = error.retryAfterMilliseconds ?? 0
            tracks[index].readyAt = now + max(Int(pause), wait)
            tracks[index].jitter = wait > Int(pause) ? Int(Double(Self.jitterMilliseconds) * random) : 0
        }
        return next(now: now)
    }

    /// The next attempt after an answer broke off that the client had received in part and wants restarted. It goes to
    /// another candidate.
    mutating func restart(without index: Int, now: Int) -> Step {
        tracks[index].isExcluded = true
        return next(now: now)
    }

    private mutating func choose(_ index: Int) {
        tracks[index].attempts += 1
        tracks[index].isChosen = true
        tracks[index].hasFailed = false
    }

    private func isUntried(_ index: Int) -> Bool { tracks[index].attempts == 0 && !tracks[index].isExcluded }

    /// The candidates that may still answer after an error.
    private enum Outlook {
        /// The same candidate may answer later.
        case anyCandidate
        /// Only another candidate may answer.
        case otherCandidates

        /// nil: no candidate would answer.
        init?(_ error: UltraError) {
            switch error.code {
            case .connectFailed, .rateLimited, .overloaded, .upstreamError, .upstreamProtocol, .streamTruncated:
                self = error.isRetryable ? .anyCandidate : .otherCandidates
            case .timeout:
                switch error.timeout {
                case .connect, .firstToken, .idle: self = .anyCandidate
                case .queue: self = .otherCandidates
                case .total, .writeStall, nil: return nil
                }
            case .authentication, .permissionDenied, .quotaExceeded, .modelNotFound, .capabilityMissing:
                self = .otherCandidates
            case .invalidFrame, .invalidRequest, .noModelAvailable, .contextLength, .contentFiltered, .badRequest,
                .cancelled, .shuttingDown, .tooLarge, .fellBehind, .internal:
                return nil
            }
        }
    }
}

/// The retry budget of one provider, which prevents retry storms. Retries may be `budgetPercent` of the provider's
/// requests in the last minute. In any ten seconds, `budgetMinimum` are allowed in any case, so that a provider with
/// little traffic gets retries too. Pure; times are seconds of one steady clock.
struct RetryBudget: Sendable, Equatable {
    private struct Second: Sendable, Equatable {
        var number: Int
        var requests = 0
        var retries = 0
    }

    private static let windowSeconds = 60
    /// The period of `budgetMinimum`.
    private static let shortSeconds = 10
    private var seconds: [Second] = []
    private var requests = 0
    private var retries = 0

    /// Counts a request, which is not a retry.
    mutating func request(at second: Int) {
        advance(to: second)
        seconds[seconds.count - 1].requests += 1
        requests += 1
    }

    /// Spends one retry.
    /// - Returns: false if the budget is exhausted.
    mutating func spendRetry(at second: Int, _ settings: RetrySettings) -> Bool {
        advance(to: second)
        guard retries < requests * settings.budgetPercent / 100 || recentRetries(at: second) < settings.budgetMinimum
        else { return false }
        seconds[seconds.count - 1].retries += 1
        retries += 1
        return true
    }

    private func recentRetries(at second: Int) -> Int {
        seconds.suffix(Self.shortSeconds).lazy.filter { $0.number > second - Self.shortSeconds }.reduce(0) {
            $0 + $1.retries
        }
    }

    private mutating func advance(to second: Int) {
        guard seconds.last?.number != second else { return }
        while let first = seconds.first, first.number <= second - Self.windowSeconds {
            requests -= first.requests
            retries -= first.retries
            seconds.removeFirst()
        }
        seconds.append(Second(number: second))
    }
}
