internal import UltraSystem

/// The part of a cache key not taken from the request: user and resolved models.
struct CacheScope: Sendable, Equatable {
    struct Model: Sendable, Equatable {
        /// `provider/model`.
        var id: String
        var provider: String
        /// The provider's base URL, since another server under the same name answers differently. Empty for a program and
        /// for the mock.
        var endpoint = ""
        /// True if the mock answers in its place.
        var isMock = false
    }

    /// nil: the answer may be given to any user.
    var uid: UInt32?
    /// The models that the request's name stands for, without fallbacks, whose answers are not kept.
    var models: [Model]
}

/// The key of an answer: the hash of its request's canonical bytes.
typealias CacheKey = SHA256.Digest

/// Counts since the start.
struct CacheFigures: Sendable, Equatable {
    /// Requests answered from the cache.
    var hits = 0
    /// Requests sent upstream because the cache had no answer.
    var misses = 0
    /// Requests that joined an equal one in flight.
    var coalesced = 0
    /// The cost of the answers that hits and coalesced requests shared.
    var savedMicroUSD = 0
}
