/// The load on every path: the concurrency, and the form of the answers.
struct Scenario: Hashable {
    enum Shape: String, CaseIterable {
        case unary
        /// A stream whose events the upstream sends all at once.
        case burst
        /// A stream of single events with pauses of the upstream between them.
        case spaced
    }

    /// Content events of a burst.
    static let burstEvents = 500
    /// Events per second of all spaced streams together: a fraction of what any path can relay, so that delays are not
    /// queues.
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

    /// The upstream's plan for this scenario; see `scripted-provider`.
    var plan: String { "events=\(eventsPerRequest)&gap_us=\(gapMicroseconds)&bytes=280" }

    private var gapMicroseconds: Int {
        shape == .spaced ? concurrency * 1_000_000 / Self.spacedEventsPerSecond : 0
    }

    static let all = Shape.allCases.flatMap { shape in [1, 16, 64].map { Scenario(shape: shape, concurrency: $0) } }
}

/// The paths from the client to the upstream that are compared.
enum Path: String, CaseIterable {
    /// libcurl straight to the upstream: the limit.
    case direct = "libcurl"
    /// The same client through nginx.
    case nginx
    /// A raw client of the daemon with one connection for each request in flight, as if each were a program of its own.
    case ultrad
    /// A raw client of the daemon with four connections for all requests.
    case shared = "ultrad, 4 connections"

    static let sharedConnections = 4
}
