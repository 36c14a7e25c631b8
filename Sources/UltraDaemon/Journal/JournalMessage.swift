internal import Logging

/// The journal messages with an id of their own. The raw value is the `MESSAGE_ID` (sd-id128(3)); it never changes.
/// `systemd/ultrad.catalog` contains the explanations that `journalctl -x` shows.
enum JournalMessage: String, CaseIterable, Sendable {
    case ready = "fa5b4bd493b84e0fb3a2540f024385f0"
    case stopping = "fdf4a4b76f574ff8aa4e1a1462f9532a"
    case reloaded = "7c19036eba8a4a099de0447a7578410c"
    case reloadRefused = "e048c4c339134011ad9df70c35051a9b"
    case stateChanged = "2b8577f176d143c2880022493b00aa6b"
    case keyRefused = "d336bc513f514e9db17019b68a7a8343"
    case requestFailed = "08f08de7767449f3a63c6a67606e63e3"
    case loopStalled = "fe007ce6ef0e4f02a09e221424e90b1a"
    /// The ledger cannot be read or written.
    case ledgerTrouble = "4e958799aa404a8ca32ba81e28d2deec"

    var level: Logger.Level {
        switch self {
        case .requestFailed: .info
        case .ready, .stopping, .reloaded, .stateChanged: .notice
        case .keyRefused, .ledgerTrouble: .warning
        case .reloadRefused, .loopStalled: .error
        }
    }
}

extension Logger {
    /// Logs `message` with its `MESSAGE_ID`. Each key of `fields` becomes a journal field in upper case; nil values are
    /// left out.
    func note(_ message: JournalMessage, _ text: Logger.Message, _ fields: [String: String?] = [:]) {
        guard message.level >= logLevel else { return }
        var metadata: Logger.Metadata = ["message_id": "\(message.rawValue)"]
        for (key, value) in fields { metadata[key] = value.map { "\($0)" } }
        log(level: message.level, text, metadata: metadata)
    }
}
