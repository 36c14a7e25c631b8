internal import UltraSystem

/// The charge for the unsent bytes of one connection, and whether finished answers are among them.
@Loop
final class UnsentCharge {
    /// Unsent bytes up to this number never count as congestion and are not charged.
    static let freeBytes = 16 << 10

    let user: ByteAccount.User
    private let memory: HeldBytes
    /// Bytes charged now.
    private(set) var bytes = 0
    /// The number of the oldest request whose finished answer is among the unsent bytes; nil: there is none.
    private(set) var oldestRequest: Int?
    /// The number of requests beyond the user's share whose answers are unsent.
    private var exemptCount = 0
    /// Called when the connection must close, because other answers to its user wait for the memory of its unread ones.
    var onGivenUp: @Loop () -> Void = {}

    init(_ memory: HeldBytes, _ user: ByteAccount.User) {
        self.memory = memory
        self.user = user
    }

    /// Adjusts the charge to the present number of unsent bytes.
    func update(_ unsent: Int) {
        let new = unsent > Self.freeBytes ? unsent : 0
        let change = new - bytes
        guard change != 0 else { return }
        bytes = new
        if oldestRequest != nil { memory.unreadChanged(change, self) }
        if new == 0 { settle() }
        memory.add(change, of: user)
    }

    /// Records that the complete answer to a request was added to the unsent bytes.
    /// - Parameter isExempt: True if the request was admitted beyond the user's share; it counts as such until its
    ///   answer is read.
    func finished(_ request: Int, isExempt: Bool) {
        guard bytes > 0 else { return }
        if isExempt {
            exemptCount += 1
            memory.keepExempt(of: user)
        }
        guard oldestRequest == nil else { return }
        oldestRequest = request
        memory.unreadChanged(bytes, self)
    }

    /// Called when the client has read all answers: forgets them.
    private func settle() {
        oldestRequest = nil
        for _ in 0..<exemptCount { memory.endExempt(of: user) }
        exemptCount = 0
    }
}
