/// The daemon's own timers for a request that sets none.
package struct DefaultTimeouts: Sendable, Equatable {
    package var connect = Duration.seconds(5)
    package var firstToken = Duration.seconds(60)
    /// Models on this machine load first, reasoning models think first.
    package var slowFirstToken = Duration.seconds(300)
    package var idle = Duration.seconds(60)
    /// In the queue of a provider.
    package var queue = Duration.seconds(60)
    /// For `generate`; a stream may run as long as it flows.
    package var unaryTotal = Duration.seconds(600)

    package init() {}
}
