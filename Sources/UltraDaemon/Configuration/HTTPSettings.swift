/// The door for programs that speak HTTP (`[http]`).
package struct HTTPSettings: Sendable, Equatable {
    /// Where it listens.
    package enum Socket: Sendable, Equatable {
        /// `http.sock` in the folder of the daemon's own socket.
        case beside
        case path(String)
        /// It does not listen.
        case none
    }

    package var socket = Socket.beside
    /// The longest body of a request.
    package var bodyBytes = 32 << 20
    /// A stream without content for so long gets a sign of life, so that nothing between takes it for dead.
    package var quiet = Duration.seconds(25)

    package init() {}

    /// nil: it does not listen.
    /// - Parameter other: the path of the daemon's own socket.
    func path(beside other: String) -> String? {
        switch socket {
        case .none: nil
        case .path(let path): path
        case .beside:
            other.lastIndex(of: "/").map { other[...$0] + "http.sock" } ?? "http.sock"
        }
    }
}
