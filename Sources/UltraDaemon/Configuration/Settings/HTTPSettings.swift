/// The door for programs that speak HTTP (`[http]`). Sizes are in bytes.
package struct HTTPSettings: Sendable, Equatable {
    /// The listening socket.
    package enum Socket: Sendable, Equatable {
        /// `http.sock` in the folder of the daemon's own socket.
        case beside
        case path(String)
        /// HTTP is off.
        case none
    }

    package var socket = Socket.beside
    /// Maximum length of a request's body.
    package var bodyBytes = 32 << 20
    /// Time without content after which a stream gets a comment, so that clients and proxies do not time out.
    package var quiet = Duration.seconds(25)

    package init() {}

    /// The path to listen on; nil: HTTP is off.
    /// - Parameter other: The path of the daemon's own socket.
    func path(beside other: String) -> String? {
        switch socket {
        case .none: nil
        case .path(let path): path
        case .beside:
            other.lastIndex(of: "/").map { other[...$0] + "http.sock" } ?? "http.sock"
        }
    }
}

extension KeyType where Value == HTTPSettings.Socket {
    fileprivate static var socket: Self {
        KeyType(
            "a path that begins with /, \"\" or \"none\"",
            write: { socket in
                switch socket {
                case .beside: Quantity.quoted("")
                case .path(let path): Quantity.quoted(path)
                case .none: Quantity.quoted("none")
                }
            },
            parse: { value in
                guard case .text(let text) = value else { return nil }
                switch text {
                case "": return .beside
                case "none": return HTTPSettings.Socket.none
                default: return text.hasPrefix("/") && !text.utf8.contains(0) ? .path(text) : nil
                }
            })
    }
}

extension HTTPSettings: SettingTable {
    static let keys: [SettingKey<Self>] = [
        SettingKey(
            "socket", \.socket, .socket,
            "Path of the Unix socket. Empty: http.sock beside the daemon's own socket; none: no HTTP"),
        SettingKey("body_bytes", \.bodyBytes, .size(64 << 10, 256 << 20), "Maximum length of a request's body"),
        SettingKey(
            "quiet", \.quiet, .duration(.seconds(1), .seconds(3600)),
            "A stream without content for this time is begun, and gets a comment every 10 seconds"),
    ]
}
