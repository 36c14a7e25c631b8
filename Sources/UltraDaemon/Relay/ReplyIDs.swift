/// Numbers for upstream replies, which make the ids of tool calls that a provider does not give. A conversation may
/// outlive the daemon, so they are random, and not counted from its start.
struct ReplyIDs: Sendable, Equatable {
    private var state: UInt64

    /// - Parameter seed: random, but in tests.
    init(seed: UInt64 = .random(in: 0...(.max))) {
        state = seed
    }

    /// SplitMix64 (Steele, Lea and Flood, 2014): a permutation, so that none comes twice in one process, and no system
    /// call for each reply.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
