internal import UltraAPI

/// The one owner of retries: who is asked first, and what comes after a failed try. Pure; times are milliseconds of the
/// caller's steady clock.
///
/// 1. After the first content reached the client, or when the request itself is refused: nothing more.
/// 2. The first candidate that was not asked yet and may be asked now. That is no repetition.
/// 3. One that was not asked yet and may be asked in a moment: the wait costs less than a repetition, of which there are
///    not many.
/// 4. Else the candidate that may be asked soonest: after a pause drawn from zero to a bound that doubles, and not
///    before the wait its provider asked for.
/// 5. Nothing where every candidate has had its repetitions, or the pause is too long, or passes the deadline.
///
/// A wait that a provider asks for is the same for all who are told of it, so that each comes a little later than its
/// end, by chance.
struct RetryPlan: Sendable, Equatable {
    enum Step: Sendable, Equatable {
        /// Candidate by index, after a pause. A repetition is told once for each failure, however many turns it takes
        /// until it is sent.
        case attempt(Int, afterMilliseconds: Int, isRetry: Bool)
        case fail
    }

    private struct Track: Sendable, Equatable {
        /// How often it was asked, or is about to be.
        var tries = 0
        /// Its turn has come, and it has not failed since.
        var isChosen = false
        /// Until when it was put off the first time since it was last asked.
        var putOffUntil: Int?
        /// It was really asked and might have answered, and its repetition has not been told yet.
        var hasFailed = false
        /// It will not answer, however often it is asked.
        var isOut = false
        var readyAt = 0
        /// Milliseconds that it comes later than others who wait for `readyAt` as well.
        var spread = 0

        var turnAt: Int { readyAt + spread }
    }

    /// Within which they come who wait for the same moment. Short: what is refused of a crowd stops all who come later.
    static let spreadMilliseconds = 100
    /// How long a candidate that was not asked yet is worth waiting for.
    static let freshPatienceMilliseconds = 2000

    private let settings: RetrySettings
    private let deadline: Int?
    private var tracks: [Track]

    /// - Parameters:
    ///   - candidates: how many there are.
    ///   - deadline: nil: none.
    init(candidates: Int, deadline: Int?, _ settings: RetrySettings) {
        tracks = Array(repeating: Track(), count: candidates)
        self.deadline = deadline
        self.settings = settings
    }

    /// Candidate `index` is not to be asked, or not any more.
    mutating func exclude(_ index: Int) {
        tracks[index].isOut = true
    }

    /// Candidate `index` may be asked from then on. A turn that so comes to nothing is no try; but together they may
    /// take no more than the longest pause, for a request without a deadline must not wait for ever where others always
    /// come first. It is the time that counts: each refusal of a burst puts off those who wait a little further.
    /// - Parameter random: 0 up to 1: how much later than others who wait for the same moment.
    mutating func postpone(_ index: Int, until: Int, random: Double) {
        tracks[index].readyAt = until
        tracks[index].spread = Int(Double(Self.spreadMilliseconds) * random)
        guard tracks[index].isChosen else { return }
        tracks[index].isChosen = false
        tracks[index].tries -= 1
        let first = tracks[index].putOffUntil ?? until
        tracks[index].putOffUntil = first
        if until - first > settings.maxPause.wholeMilliseconds { tracks[index].isOut = true }
    }

    /// Whom to ask now, or later.
    mutating func next(now: Int) -> Step {
        if let fresh = tracks.indices.first(where: { isFresh($0) && tracks[$0].turnAt <= now }) {
            choose(fresh)
            return .attempt(fresh, afterMilliseconds: 0, isRetry: false)
        }
        // A wait of which the client is told the end is better spent there.
        let open = tracks.indices.filter { index in
            let track = tracks[index]
            return !track.isOut && track.tries <= settings.perCandidate
                && track.readyAt - now <= settings.maxPause.wholeMilliseconds
                && deadline.map { max(now, track.turnAt) < $0 } ?? true
        }
        let fresh = open.filter { isFresh($0) && tracks[$0].turnAt - now <= Self.freshPatienceMilliseconds }
        let choice = fresh.isEmpty ? open : fresh
        guard let soonest = choice.min(by: { tracks[$0].turnAt < tracks[$1].turnAt }) else { return .fail }
        let pause = max(0, tracks[soonest].turnAt - now)
        let isRetry = tracks[soonest].hasFailed
        choose(soonest)
        return .attempt(soonest, afterMilliseconds: pause, isRetry: isRetry)
    }

    /// What follows the failure of candidate `index`.
    /// - Parameters:
    ///   - isCommitted: content of the answer has reached the client.
    ///   - random: 0 up to 1.
    mutating func next(
        after error: UltraError, of index: Int, isCommitted: Bool, now: Int, random: Double
    ) -> Step {
        guard !isCommitted, let outlook = Outlook(error), deadline.map({ now < $0 }) ?? true else { return .fail }
        tracks[index].hasFailed = true
        tracks[index].isChosen = false
        tracks[index].putOffUntil = nil
        switch outlook {
        case .otherCandidates:
            tracks[index].isOut = true
        case .anyCandidate:
            let bound = settings.initialPause.wholeMilliseconds << min(max(0, tracks[index].tries - 1), 20)
            let pause = Double(min(bound, settings.maxPause.wholeMilliseconds)) * random
            let wait = error.retryAfterMilliseconds ?? 0
            tracks[index].readyAt = now + max(Int(pause), wait)
            tracks[index].spread = wait > Int(pause) ? Int(Double(Self.spreadMilliseconds) * random) : 0
        }
        return next(now: now)
    }

    /// The answer breaks off in the client's sight, and the client wants to start over: with another candidate.
    mutating func restart(without index: Int, now: Int) -> Step {
        tracks[index].isOut = true
        return next(now: now)
    }

    private mutating func choose(_ index: Int) {
        tracks[index].tries += 1
        tracks[index].isChosen = true
        tracks[index].hasFailed = false
    }

    private func isFresh(_ index: Int) -> Bool { tracks[index].tries == 0 && !tracks[index].isOut }

    private enum Outlook {
        /// The same candidate may answer later.
        case anyCandidate
        /// This one will not, another may.
        case otherCandidates

        /// nil: nobody will.
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
