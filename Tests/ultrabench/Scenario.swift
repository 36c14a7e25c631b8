/// What every path is asked to do: how much at once, and in which shape.
struct Scenario: Hashable {
    enum Shape: String, CaseIterable {
        case unary
        /// A stream whose events the upstream sends all at once.
        case burst
        /// A stream of one event after another, the upstream resting between them.
        case spaced
    }

    /// Content events of a burst.
    static let burstEvents = 500
    /// Of all spaced streams together: a fraction of what any path can relay, so that delays are not queues.
    static let spacedEventsPerSecond = 10_000
    /// How long a spaced stream lasts, in seconds.
    static let spacedSeconds = 0.4

    let shape: Shape
    /// Requests in flight at all times.
    let concurrency: Int

    /// Content events of one answer.
    var eventsPerRequest: Int {
        switch shape {
        case .unary: 0
        case .burst: Self.burstEvents
        case .spaced: Int(Self.spacedSeconds * 1e6) / gapMicroseconds
        }
    }

    /// How the upstream has to stream for it; see `scripted-provider`.
    var plan: String { "events=\(eventsPerRequest)&gap_us=\(gapMicroseconds)&bytes=280" }

    private var gapMicroseconds: Int {
        shape == .spaced ? concurrency * 1_000_000 / Self.spacedEventsPerSecond : 0
    }

    static let all = Shape.allCases.flatMap { shape in [1, 16, 64].map { Scenario(shape: shape, concurrency: $0) } }
}

/// The ways from the client to the upstream that are compared.
enum Path: String, CaseIterable {
    /// libcurl straight to the upstream: the limit.
    case direct = "libcurl"
    /// The same client through nginx.
    case nginx
    /// A raw client of the daemon: each request in flight has its own connection, as with a program for each.
    case ultrad
    /// The same, all requests over four connections.
    case shared = "ultrad, 4 connections"

    static let sharedConnections = 4
}
