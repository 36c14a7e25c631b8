internal import UltraSystem

/// The connections of one user whose clients have not read finished answers.
@Loop
struct UnreadAnswers {
    private var connections: [ObjectIdentifier: UnsentCharge] = [:]
    /// The time at which the user's clients last read some of their answers: monotonic clock, nanoseconds.
    var lastReadAt: UInt64

    init(at now: UInt64) {
        lastReadAt = now
    }

    var isEmpty: Bool { connections.isEmpty }

    /// Adds the connection, or removes it once its client has read everything.
    mutating func update(_ connection: UnsentCharge) {
        connections[ObjectIdentifier(connection)] = connection.bytes > 0 ? connection : nil
    }

    /// True if each of the answers belongs to a later request than `request`.
    func areAll(after request: Int) -> Bool {
        connections.values.allSatisfy { $0.oldestRequest.map { $0 > request } ?? true }
    }

    /// The connection with the most unread bytes.
    var longest: UnsentCharge? { connections.values.max { $0.bytes < $1.bytes } }
}
