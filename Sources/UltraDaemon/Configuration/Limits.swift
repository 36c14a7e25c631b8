internal import UltraProviders

/// Bounds on what a client or an upstream can make the daemon hold. Sizes in bytes.
package struct Limits: Sendable, Equatable {
    package var frameBytes = 16 << 20
    /// What clients may make the daemon hold, all together; nil: half of the control group's `memory.max`, else 128 MB.
    package var memory: Int?
    /// A line or an event of a provider's stream.
    package var eventBytes = 16 << 20
    /// A provider's reply that is one document: an answer that is not streamed, a list of models.
    package var replyBytes = 64 << 20
    /// Connections at once, of all users.
    package var connections = 4096
    /// Connections at once of one user.
    package var connectionsPerUser = 1024
    /// Requests at once to one provider; further ones wait.
    package var callsPerProvider = 256
    /// Requests that may wait for one provider; further ones are refused as `rate_limited`.
    package var queuedPerProvider = 20_000
    /// Requests in flight on one connection.
    package var callsPerConnection = 10_000
    /// Unsent bytes of a connection past which its upstreams are no longer read; one read more may be added.
    package var unsentBytes = 512 << 10
    /// A partial frame older than this ends the connection.
    package var partialFrame = Duration.seconds(10)
    /// A reader that takes nothing for so long is disconnected.
    package var writeStall = Duration.seconds(30)
    /// What SIGTERM leaves to requests in flight.
    package var drain = Duration.seconds(30)
    /// An upstream that said everything may take so long to end its reply properly.
    package var lingering = Duration.seconds(2)
    /// A connection to an upstream that was idle for longer is not used again.
    package var upstreamIdle = Duration.seconds(118)

    /// With less, requests of ordinary length would be refused.
    package static let leastMemory = 16 << 20

    package init() {}

    var reply: ReplyLimits { ReplyLimits(event: eventBytes, document: replyBytes) }
}
