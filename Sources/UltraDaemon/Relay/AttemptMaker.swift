internal import UltraAPI
internal import UltraSystem

/// Who makes the attempts that an `AttemptChain` decides on.
@Loop
protocol AttemptMaker: AnyObject {
    typealias Ticket = AttemptTicket

    /// Content has reached the client, so that nothing may be tried again unseen.
    var isCommitted: Bool { get }
    /// Tells the client what it waits for, if it wants to know.
    var progress: ProgressReporter? { get }
    /// The last attempt failed in a way that says nothing of the model or its provider, but that it was reached.
    var isBlameless: Bool { get }
    /// Of the last attempt: from its start to its first content.
    var firstContentMilliseconds: Double? { get }
    /// Asked once the client has seen content of an attempt that failed; true: it was told that the answer starts over.
    func restart() -> Bool
    /// One try. Returns why it failed; nil: it succeeded.
    func attempt(_ ticket: Ticket) async -> UltraError?

    // Asked of failures alone.

    /// A hash of what is asked, the same for equal requests of this process.
    var contentHash: Int { get }
    /// The words that no report of a failure may repeat.
    var prompt: PromptText { get }
    /// The client gave options for `provider`, which reach it as they are.
    func isShaped(for provider: String) -> Bool
}

/// What an attempt has to work with.
@Loop
final class AttemptTicket {
    let candidate: Candidate
    /// Number of the provider's key.
    let key: Int
    /// Milliseconds that are left for the whole request; nil: no end.
    let remaining: Int?
    /// When the breakers let it pass, in milliseconds of `WallClock`.
    let askedAt: Int
    /// Connections that are there are not to be used: one of them may have failed already.
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
