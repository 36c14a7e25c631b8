import Glibc

/// One accepted connection.
struct Peer {
    static let inputCapacity = 262_144

    /// Allocated at accept, freed at close; nil: not connected.
    var input: UnsafeMutableRawPointer?
    var inputCount = 0
    /// Tells a timer whether the descriptor still is the connection it was set for.
    var generation: UInt32 = 0
    /// The answer of which the kernel did not take everything, and how much it took.
    var unsent: UnsentAnswer = .none
    var unsentOffset = 0
    /// Content events still to be sent, when they are spaced.
    var eventsLeft = 0
    var wantsOutput = false
}

/// Which prepared answer a slow reader still waits for.
enum UnsentAnswer { case none, unary, burst }
