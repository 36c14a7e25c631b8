internal import Logging
internal import UltraProviders

/// The settings of the process itself (`[daemon]`). Options and environment variables override them.
struct DaemonSettings: Sendable, Equatable {
    /// The path of the Unix socket; nil: the default path.
    var socket: String?
    var logLevel = Logger.Level.info
    /// nil: the default directory.
    var stateDirectory: String?
    /// The name or number of the administrators' group; nil: there are no administrators.
    var adminGroup: String? = Configuration.defaultAdminGroup
}

/// Limits on the resources that clients and providers can make the daemon use (`[limits]`). Sizes are in bytes.
package struct Limits: Sendable, Equatable {
    /// The largest frame from a client.
    package var frameBytes = 16 << 20
    /// The memory that all clients together can make the daemon hold; nil: half of the control group's `memory.max`, or
    /// 128 MB without one.
    package var memory: Int?
    /// The maximum length of one line or event of a provider's stream.
    package var eventBytes = 16 << 20
    /// The largest reply that is a single document: one that is not streamed, or a list of models.
    package var replyBytes = 64 << 20
    /// Concurrent connections of all users.
    package var connections = 4096
    /// Concurrent connections of one user.
    package var connectionsPerUser = 1024
    /// Concurrent requests to one provider; further ones wait in its queue.
    package var callsPerProvider = 256
    /// Requests in the queue of one provider; further ones are refused with `rate_limited`.
    package var queuedPerProvider = 20_000
    /// Requests in flight on one connection.
    package var callsPerConnection = 10_000
    /// Back-pressure: with more unsent bytes on a connection, the replies to its requests are no longer read. The bytes
    /// of one read may exceed the limit.
    package var unsentBytes = 512 << 10
    /// A connection whose frame stays incomplete for this time is closed.
    package var partialFrame = Duration.seconds(10)
    /// A client that reads nothing for this time, while bytes wait for it, is disconnected.
    package var writeStall = Duration.seconds(30)
    /// The time that requests in flight get to complete after SIGTERM.
    package var drain = Duration.seconds(30)
    /// The time a provider has to end its reply after the last content; then the connection is closed.
    package var lingering = Duration.seconds(2)
    /// A connection to a provider that was idle for longer is not reused.
    package var upstreamIdle = Duration.seconds(118)

    /// How long a user's clients may read nothing of their answers while other answers to the user wait for the room.
    var unreadPatience: Duration { writeStall / 6 }

    /// The smallest `memory`: with less, requests of ordinary size would be refused.
    package static let leastMemory = 16 << 20

    package init() {}

    var reply: ReplyLimits { ReplyLimits(event: eventBytes, document: replyBytes) }
}

/// The timeouts of requests that set none of their own (`[timeouts]`).
package struct DefaultTimeouts: Sendable, Equatable {
    /// Name resolution, connection and TLS handshake together.
    package var connect = Duration.seconds(5)
    /// From the request to the first content of the reply.
    package var firstToken = Duration.seconds(60)
    /// `firstToken` for models on this machine, which may have to be loaded, and for reasoning models.
    package var slowFirstToken = Duration.seconds(300)
    /// Between two pieces of a streamed reply.
    package var idle = Duration.seconds(60)
    /// In the queue of a provider.
    package var queue = Duration.seconds(60)
    /// For a complete reply that is not streamed; a stream has no total timeout.
    package var unaryTotal = Duration.seconds(600)

    package init() {}
}

/// The retry policy (`[retry]`). Counts do not include the first attempt.
package struct RetrySettings: Sendable, Equatable {
    /// Retries of one candidate.
    package var perCandidate = 2
    /// The upper bound of the pause before the first retry, doubled for each further one. The pause is drawn uniformly
    /// between zero and the bound (full jitter).
    package var initialPause = Duration.milliseconds(250)
    /// The largest bound of the pause, and the longest wait for a cool-down.
    package var maxPause = Duration.seconds(20)
    /// The retry budget: retries at one provider as a share of its requests in the last minute, in percent.
    package var budgetPercent = 20
    /// Retries that every provider gets in any 10 s, even if they exceed `budgetPercent`.
    package var budgetMinimum = 10

    package init() {}
}

extension DaemonSettings: SettingTable {
    static let keys: [SettingKey<Self>] = [
        SettingKey(
            "socket", \.socket, .optional(.path, absent: ""),
            "Path of the Unix socket. Empty: /run/ultrad/ultrad.sock for root, "
                + "$XDG_RUNTIME_DIR/ultrad/ultrad.sock for other users"
        ),
        SettingKey("log_level", \.logLevel, .choice(), "Minimum level of log messages"),
        SettingKey(
            "state_directory", \.stateDirectory, .optional(.path, absent: ""),
            "Directory for state that survives a restart. Empty: /var/lib/ultrad for root, "
                + "$XDG_STATE_HOME/ultrad for other users"
        ),
        SettingKey(
            "admin_group", \.adminGroup, .optional(.name, absent: ""),
            "Group of administrators, by name or number; like root, they may reload, clear the cache and run deep probes. "
                + "Empty: no group"
        ),
    ]
}

extension Limits: SettingTable {
    static let keys: [SettingKey<Self>] = [
        SettingKey(
            "frame_bytes", \.frameBytes, .size(64 << 10, 256 << 20),
            "Maximum length of a frame, which is one request or one event of an answer"),
        SettingKey(
            "memory", \.memory, .optional(.size(Limits.leastMemory, 1 << 40), absent: "auto"),
            "Maximum memory held for all clients together; auto: half of memory.max of the control group, "
                + "or 128 MB without one"
        ),
        SettingKey(
            "event_bytes", \.eventBytes, .size(64 << 10, 256 << 20),
            "Maximum length of one event of a provider's stream"),
        SettingKey(
            "reply_bytes", \.replyBytes, .size(1 << 20, 1 << 30),
            "Maximum length of a provider's reply that is not streamed, such as a list of models"),
        SettingKey("connections", \.connections, .integer(1...1_000_000), "Maximum number of client connections"),
        SettingKey(
            "connections_per_user", \.connectionsPerUser, .integer(1...1_000_000),
            "Maximum number of client connections per user"),
        SettingKey(
            "calls_per_provider", \.callsPerProvider, .integer(1...10_000),
            "Maximum number of concurrent requests per provider, of which one of several users may have seven eighths if it is 16 or more; further requests are queued"
        ),
        SettingKey(
            "queued_per_provider", \.queuedPerProvider, .integer(0...1_000_000),
            "Maximum number of queued requests per provider, of which one user may have a quarter; if it is reached, "
                + "the newest request of the user with the longest queue is rejected"
        ),
        SettingKey(
            "calls_per_connection", \.callsPerConnection, .integer(1...1_000_000),
            "Maximum number of requests in flight per client connection"),
        SettingKey(
            "unsent_bytes", \.unsentBytes, .size(16 << 10, 256 << 20),
            "Unsent bytes per client connection above which its providers' replies are no longer read (back-pressure)"),
        SettingKey(
            "partial_frame", \.partialFrame, .duration(.milliseconds(100), .seconds(3600)),
            "Maximum time for a frame to arrive; then its connection is closed"),
        SettingKey(
            "write_stall", \.writeStall, .duration(.milliseconds(100), .seconds(3600)),
            "Time after which a client that reads nothing is disconnected"),
        SettingKey(
            "drain", \.drain, .duration(.zero, .seconds(3600)), "Time for requests in flight to finish after SIGTERM"),
        SettingKey(
            "lingering", \.lingering, .duration(.zero, .seconds(60)),
            "Time for a provider to end a reply whose answer is complete; then the connection is closed"),
        SettingKey(
            "upstream_idle", \.upstreamIdle, .duration(.seconds(1), .seconds(3600)),
            "Maximum idle time (keep-alive) of a connection to a provider; shorter for a host that is observed to close "
                + "connections earlier"
        ),
    ]
}

extension DefaultTimeouts: SettingTable {
    static let keys: [SettingKey<Self>] = [
        SettingKey(
            "connect", \.connect, .duration(.milliseconds(100), .seconds(300)),
            "Name resolution, connect and TLS handshake together"),
        SettingKey(
            "first_token", \.firstToken, .duration(.milliseconds(100), .seconds(3600)),
            "Time from the request to the first token"),
        SettingKey(
            "slow_first_token", \.slowFirstToken, .duration(.milliseconds(100), .seconds(86_400)),
            "Time to the first token for local models and reasoning models"),
        SettingKey(
            "idle", \.idle, .duration(.milliseconds(100), .seconds(3600)), "Time between two events of a streamed reply"
        ),
        SettingKey("queue", \.queue, .duration(.zero, .seconds(3600)), "Time in the queue of a provider"),
        SettingKey(
            "unary_total", \.unaryTotal, .duration(.milliseconds(100), .seconds(86_400)),
            "Time for a whole answer that is not streamed; a stream has no such limit"),
    ]
}

extension RetrySettings: SettingTable {
    static let keys: [SettingKey<Self>] = [
        SettingKey("per_candidate", \.perCandidate, .integer(0...10), "Maximum number of retries per model"),
        SettingKey(
            "initial_pause", \.initialPause, .duration(.milliseconds(1), .seconds(60)),
            "Backoff before the first retry, doubled for each further retry; the pause is drawn at random between zero and "
                + "the backoff"
        ),
        SettingKey("max_pause", \.maxPause, .duration(.milliseconds(1), .seconds(600)), "Maximum backoff"),
        SettingKey(
            "budget_percent", \.budgetPercent, .integer(0...100),
            "Retry budget per provider: retries in percent of its requests of the last minute"),
        SettingKey(
            "budget_minimum", \.budgetMinimum, .integer(0...10_000),
            "Number of retries per provider in any 10 seconds that is allowed even if budget_percent is used up"),
    ]

    func check(_ path: String, _ reader: inout KeyReader) {
        reader.check("\(path).initial_pause", initialPause, isAtMost: maxPause, "max_pause")
    }
}
