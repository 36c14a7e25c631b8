internal import UltraAPI
internal import UltraSystem

/// Makes the attempts that an `AttemptChain` decides on.
@Loop
protocol AttemptMaker: AnyObject {
    typealias Ticket = AttemptTicket

    /// True if content has reached the client, so that another attempt would be visible.
    var isCommitted: Bool { get }
    /// nil: the client does not want progress.
    var progress: ProgressReporter? { get }
    /// True if the last failure says nothing about the model or its provider, except that it was reached.
    var isBlameless: Bool { get }
    /// Milliseconds from the start of the last attempt to its first content; nil: there was none.
    var firstContentMilliseconds: Double? { get }
    /// Called when an attempt fails after the client has seen content. Returns true if the client was told that the
    /// answer starts over; false if it does not allow that.
    func restart() -> Bool
    /// Makes one attempt. Returns its failure; nil: it succeeded.
    func attempt(_ ticket: Ticket) async -> UltraError?

    // Used after failures only.

    /// A hash of the request's content, the same for equal requests within this process.
    var contentHash: Int { get }
    /// The words of the request, which no report of a failure may repeat.
    var prompt: PromptText { get }
    /// True if the request has `provider_options` for `provider`, an id, which are sent unchanged and may cause a
    /// failure.
    func isShaped(for provider: String) -> Bool
}

/// The leave to make one attempt: a candidate, a key, and the time left.
@Loop
final class AttemptTicket {
    let candidate: Candidate
    /// Number of the provider's key.
    let key: Int
    /// Milliseconds left for the whole request; nil: no limit.
    let remaining: Int?
    /// When the breakers admitted the attempt, in milliseconds of `WallClock`.
    let askedAt: Int
    /// True if no pooled connection may be used, since one of them may have failed already.
    let needsFreshConnection: Bool
    let startedAt = EventLoop.now

    init(candidate: Candidate, key: Int, remaining: Int?, askedAt: Int, needsFreshConnection: Bool = false) {
        self.candidate = candidate
        self.key = key
        self.remaining = remaining
        self.askedAt = askedAt
        self.needsFreshConnection = needsFreshConnection
    }
}
