internal import UltraAPI
internal import UltraSystem

/// The reason why a connection is refused.
enum ConnectionRefusal: Hashable, Sendable {
    /// The limit `limits.connections` is reached.
    case total(limit: Int)
    /// The user's limit `limits.connections_per_user` is reached.
    case ofUser(UInt32, limit: Int)
    /// All descriptors are in use, except for those reserved for upstreams and files.
    case descriptors

    /// nil: the connection is accepted.
    /// - Parameters:
    ///   - open: number of open connections.
    ///   - ofUser: number of open connections of the same user.
    ///   - descriptorLimit: RLIMIT_NOFILE of this process; nil: unknown.
    init?(open: Int, ofUser: Int, uid: UInt32, _ limits: Limits, descriptorLimit: Int?) {
        if ofUser >= limits.connectionsPerUser {
            self = .ofUser(uid, limit: limits.connectionsPerUser)
        } else if open >= limits.connections {
            self = .total(limit: limits.connections)
        } else if let descriptorLimit, open >= Self.clients(descriptorLimit) {
            self = .descriptors
        } else {
            return nil
        }
    }

    /// The maximum number of client connections with a limit of `limit` descriptors. A quarter is reserved for
    /// upstreams and files.
    static func clients(_ limit: Int) -> Int {
        max(1, limit - max(24, limit / 4))
    }

    /// The error that the client gets.
    var error: UltraError {
        switch self {
        case .total(let limit):
            UltraError(
                .rateLimited, "ultrad has \(limit) connections, the most there may be (limits.connections)",
                hint: "connect again later, and send many requests on one connection", provider: "ultrad",
                isRetryable: true)
        case .ofUser(let uid, let limit):
            UltraError(
                .rateLimited,
                "uid \(uid) has \(limit) connections, the most one user may have (limits.connections_per_user)",
                hint: "close some, and send many requests on one connection", provider: "ultrad", isRetryable: true)
        case .descriptors:
            UltraError(
                .overloaded, "ultrad has too many open files: no file descriptor is left for this connection",
                hint: "connect again later; raise LimitNOFILE of ultrad.service, or the limit of ulimit -n",
                provider: "ultrad", isRetryable: true)
        }
    }

    /// The log line.
    var line: String {
        switch self {
        case .total(let limit): "connections are refused: \(limit) are open, the most that limits.connections allows"
        case .ofUser(let uid, let limit):
            "connections are refused: uid \(uid) has \(limit), the most that limits.connections_per_user allows"
        case .descriptors:
            "connections are refused: too many open files; raise the limit of descriptors (LimitNOFILE, ulimit -n)"
        }
    }

    /// At most one line of each kind is logged in a minute.
    enum Kind: Hashable, Sendable {
        case total, ofUser, descriptors
    }

    var kind: Kind {
        switch self {
        case .total: .total
        case .ofUser: .ofUser
        case .descriptors: .descriptors
        }
    }
}

/// Limits a log line to one in a minute.
struct MinuteLine: Sendable {
    static let pauseNanoseconds: UInt64 = 60_000_000_000
    private var saidAt: UInt64?
    private var unsaid = 0

    /// The number of lines suppressed since the last one; nil: suppress this one too.
    /// - Parameter now: nanoseconds of the monotonic clock.
    mutating func isDue(at now: UInt64) -> Int? {
        if let saidAt, now < saidAt &+ Self.pauseNanoseconds {
            unsaid += 1
            return nil
        }
        defer { unsaid = 0 }
        saidAt = now
        return unsaid
    }
}
