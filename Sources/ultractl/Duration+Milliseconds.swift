extension Duration {
    /// Milliseconds, rounded down.
    var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }

    /// For poll(2): whole milliseconds, rounded up so that waiting never ends early, at most some three weeks.
    var pollMilliseconds: Int32 {
        Int32(clamping: (self + .nanoseconds(999_999)).milliseconds)
    }
}
