/// What the cache did since the start.
struct CacheFigures: Sendable, Equatable {
    /// Requests that were answered from it.
    var hits = 0
    /// Requests that went upstream although they might have been answered from it.
    var misses = 0
    /// Requests that joined an equal one.
    var coalesced = 0
    /// What hits and coalesced requests would have cost.
    var savedMicroUSD = 0
}
