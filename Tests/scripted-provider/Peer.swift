import Glibc

/// One accepted connection.
struct Peer {
    static let inputCapacity = 262_144

    /// Allocated at accept, freed at close; nil: not connected.
    var input: UnsafeMutableRawPointer?
    var inputCount = 0
    /// Tells a timer whether the descriptor is still the connection that the timer was set for.
    var generation: UInt32 = 0
    /// The answer that the kernel did not accept completely, and the bytes it accepted.
    var unsent: UnsentAnswer = .none
    var unsentOffset = 0
    /// The number of content events still to be sent, when they are spaced.
    var eventsLeft = 0
    var wantsOutput = false
}

/// The prepared answer that a slow reader has not received completely.
enum UnsentAnswer { case none, unary, burst }
