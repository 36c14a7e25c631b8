internal import Logging

extension DaemonSettings: SettingTable {
    static let keys: [SettingKey<Self>] = [
        SettingKey(
            "socket", \.socket, .optional(.path, absent: ""),
            "Listen here. Empty: /run/ultrad/ultrad.sock, or $XDG_RUNTIME_DIR/ultrad/ultrad.sock of a user"),
        SettingKey("log_level", \.logLevel, .choice(), "The least that is logged"),
        SettingKey(
            "state_directory", \.stateDirectory, .optional(.path, absent: ""),
            "What survives a restart. Empty: /var/lib/ultrad, or $XDG_STATE_HOME/ultrad of a user"),
        SettingKey(
            "admin_group", \.adminGroup, .optional(.name, absent: ""),
            "Its members may reload, clear the cache and probe deeply, as root may. Its name or number; empty: nobody's"
        ),
    ]
}

extension Limits: SettingTable {
    static let keys: [SettingKey<Self>] = [
        SettingKey("frame_bytes", \.frameBytes, .size(64 << 10, 256 << 20), "The longest request or answer"),
        SettingKey(
            "memory", \.memory, .optional(.size(Limits.leastMemory, 1 << 40), absent: "auto"),
            "What clients may make the daemon hold, all together; auto: half of the control group's memory.max, else 128 MB"
        ),
        SettingKey(
            "event_bytes", \.eventBytes, .size(64 << 10, 256 << 20), "The longest piece of a provider's stream"),
        SettingKey(
            "reply_bytes", \.replyBytes, .size(1 << 20, 1 << 30),
            "The longest reply of a provider that comes as a whole, such as a list of models"),
        SettingKey("connections", \.connections, .integer(1...1_000_000), "Connections at once, of all users"),
        SettingKey(
            "connections_per_user", \.connectionsPerUser, .integer(1...1_000_000), "Connections at once of one user"),
        SettingKey(
            "calls_per_provider", \.callsPerProvider, .integer(1...10_000),
            "Requests at once to one provider; further ones wait"),
        SettingKey(
            "queued_per_provider", \.queuedPerProvider, .integer(0...1_000_000),
            "Requests that may wait for one provider, a quarter of them of one user; then the longest line's newest is refused"
        ),
        SettingKey(
            "calls_per_connection", \.callsPerConnection, .integer(1...1_000_000),
            "Requests in flight on one connection"),
        SettingKey(
            "unsent_bytes", \.unsentBytes, .size(16 << 10, 256 << 20),
            "Unsent bytes of a connection past which its upstreams are no longer read"),
        SettingKey(
            "partial_frame", \.partialFrame, .duration(.milliseconds(100), .seconds(3600)),
            "A request that takes longer to arrive ends its connection"),
        SettingKey(
            "write_stall", \.writeStall, .duration(.milliseconds(100), .seconds(3600)),
            "A client that takes nothing for so long is disconnected"),
        SettingKey(
            "drain", \.drain, .duration(.zero, .seconds(3600)), "What SIGTERM leaves to requests in flight"),
        SettingKey(
            "lingering", \.lingering, .duration(.zero, .seconds(60)),
            "An upstream that said everything may take so long to end its reply"),
        SettingKey(
            "upstream_idle", \.upstreamIdle, .duration(.seconds(1), .seconds(3600)),
            "An upstream connection idle for longer is not used again; less where its host is seen to close sooner"),
    ]
}

extension DefaultTimeouts: SettingTable {
    static let keys: [SettingKey<Self>] = [
        SettingKey(
            "connect", \.connect, .duration(.milliseconds(100), .seconds(300)),
            "Name resolution, connection and TLS handshake together"),
        SettingKey(
            "first_token", \.firstToken, .duration(.milliseconds(100), .seconds(3600)),
            "From the request to the first content of the answer"),
        SettingKey(
            "slow_first_token", \.slowFirstToken, .duration(.milliseconds(100), .seconds(86_400)),
            "The same for models on this machine and models that reason"),
        SettingKey(
            "idle", \.idle, .duration(.milliseconds(100), .seconds(3600)), "Between two pieces of a streamed answer"),
        SettingKey("queue", \.queue, .duration(.zero, .seconds(3600)), "In the queue of a provider"),
        SettingKey(
            "unary_total", \.unaryTotal, .duration(.milliseconds(100), .seconds(86_400)),
            "For a whole answer that is not streamed; a stream may run as long as it flows"),
    ]
}

extension RetrySettings: SettingTable {
    static let keys: [SettingKey<Self>] = [
        SettingKey("per_candidate", \.perCandidate, .integer(0...10), "Repetitions on one model"),
        SettingKey(
            "initial_pause", \.initialPause, .duration(.milliseconds(1), .seconds(60)),
            "Pause before the first repetition, doubled for each further one and drawn from zero to it"),
        SettingKey("max_pause", \.maxPause, .duration(.milliseconds(1), .seconds(600)), "The longest such pause"),
        SettingKey(
            "budget_percent", \.budgetPercent, .integer(0...100),
            "Repetitions on the same model, as a share of its provider's requests of the last minute, in percent"),
        SettingKey(
            "budget_minimum", \.budgetMinimum, .integer(0...10_000),
            "Repetitions that are allowed in any 10 seconds at each provider, however few requests there are"),
    ]

    func check(_ path: String, _ reader: inout KeyReader) {
        reader.check("\(path).initial_pause", initialPause, isAtMost: maxPause, "max_pause")
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
            "Listen here. Empty: http.sock beside the daemon's own socket; none: do not speak HTTP"),
        SettingKey("body_bytes", \.bodyBytes, .size(64 << 10, 256 << 20), "The longest body of a request"),
        SettingKey(
            "quiet", \.quiet, .duration(.seconds(1), .seconds(3600)),
            "A stream without content for so long is begun, and gets a comment every 10 seconds"),
    ]
}
