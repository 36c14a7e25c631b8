internal import UltraSystem

/// What an answer is found by: the hash of its request's canonical bytes.
typealias CacheKey = SHA256.Digest
