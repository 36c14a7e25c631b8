/// Answers kept for equal requests (`[cache]`).
package struct CacheSettings: Sendable, Equatable {
    package var isEnabled = false
    /// False: each user has answers of their own.
    package var isShared = false
    /// Answers that call tools are kept too.
    package var keepsToolCalls = false
    /// How long an answer is kept.
    package var ttl = Duration.seconds(3600)
    /// Of answers in memory.
    package var memoryBytes = 16 << 20
    /// Of answers in the state directory, which survive a restart; 0: none.
    package var diskBytes = 256 << 20

    package init() {}
}
