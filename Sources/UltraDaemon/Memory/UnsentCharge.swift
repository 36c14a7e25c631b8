internal import UltraSystem

/// The charge for the unsent bytes of one connection, and whether finished answers are among them.
@Loop
final class UnsentCharge {
    /// Up to this many unsent bytes are never too much, and are not charged.
    static let freeBytes = 16 << 10

    let user: ByteAccount.User
    private let memory: HeldBytes
    /// Bytes charged now.
    private(set) var bytes = 0
    /// The number of the oldest request whose finished answer is among the unsent bytes; nil: there is none.
    private(set) var oldestRequest: Int?
    /// Requests beyond the user's share whose answers are unsent.
    private var exemptCount = 0
    /// Closes the connection, because its unread answers take the room that other answers to its user wait for.
    var onGivenUp: @Loop () -> Void = {}

    init(_ memory: HeldBytes, _ user: ByteAccount.User) {
        self.memory = memory
        self.user = user
    }

    /// Charges the unsent bytes that there are now.
    func update(_ unsent: Int) {
        let new = unsent > Self.freeBytes ? unsent : 0
        let change = new - bytes
        guard change != 0 else { return }
        bytes = new
        if oldestRequest != nil { memory.unreadChanged(change, self) }
        if new == 0 { settle() }
        memory.add(change, of: user)
    }

    /// Records that the whole answer to a request has been added to the unsent bytes.
    /// - Parameter isExempt: the request was admitted beyond the user's share. It counts as such until it is read.
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

    /// Forgets the answers, all of which the client has read.
    private func settle() {
        oldestRequest = nil
        for _ in 0..<exemptCount { memory.endExempt(of: user) }
        exemptCount = 0
    }
}
