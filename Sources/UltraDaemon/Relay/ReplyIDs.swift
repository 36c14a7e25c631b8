/// Numbers of upstream replies, from which ids are made for tool calls without one. Random rather than counted, because
/// a conversation may outlive the daemon.
struct ReplyIDs: Sendable, Equatable {
    private var state: UInt64

    /// - Parameter seed: fixed in tests.
    init(seed: UInt64 = .random(in: 0...(.max))) {
        state = seed
    }

    /// SplitMix64 (Steele, Lea and Flood, 2014): a permutation, so that no number repeats within a process, without a
    /// system call for each reply.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
