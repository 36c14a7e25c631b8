internal import CSystemd
internal import Glibc
package import Logging
internal import UltraAPI

/// A swift-log handler for systemd. Sends events to the journal with their metadata as fields; if standard error is not
/// connected to the journal, writes `<N>`-prefixed lines to it instead (sd-daemon(3)), without the prefix on a
/// terminal.
///
/// A metadata key becomes the journal field of the same name in upper case. The daemon's own keys start with `ultra_`,
/// except `message_id`, which refers to the message catalogue. Never throws; may be called on any thread.
package struct JournalHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level
    private let isJournal: Bool

    package init(level: Logger.Level) {
        logLevel = level
        isJournal = Self.isJournal(STDERR_FILENO)
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        if isJournal {
            sendToJournal(event, fields)
        } else {
            // Outside the journal there is no catalogue to look a message ID up in. Line breaks are escaped so that
            // text from outside cannot forge log lines.
            let suffix = fields.filter { $0.key != "message_id" }
                .map { " \($0.key)=\("\($0.value)".printableLine)" }.joined()
            let prefix = isatty(STDERR_FILENO) == 1 ? "" : "<\(event.level.priority)>"
            let line = "\(prefix)\("\(event.message)".printableLine)\(suffix)\n"
            var copy = line
            copy.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
        }
    }

    private func sendToJournal(_ event: LogEvent, _ fields: [(key: String, value: Logger.Metadata.Value)]) {
        var entries = [
            "MESSAGE=\("\(event.message)".printable)", "PRIORITY=\(event.level.priority)", "SYSLOG_IDENTIFIER=ultrad",
        ]
        entries += fields.map { "\($0.key.uppercased())=\("\($0.value)".printable)" }
        let buffers = entries.map { Array($0.utf8) }
        let vectors = UnsafeMutablePointer<iovec>.allocate(capacity: buffers.count)
        defer { vectors.deallocate() }
        func send(from index: Int) {
            guard index < buffers.count else {
                // Logging must not stop the daemon, so an unreachable journal is ignored.
                _ = sd_journal_sendv(vectors, CInt(buffers.count))
                return
            }
            buffers[index].withUnsafeBytes { bytes in
                vectors[index] = iovec(
                    iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
                send(from: index + 1)
            }
        }
        send(from: 0)
    }

    /// True if `descriptor` is the stream named by `JOURNAL_STREAM` (systemd.exec(5)).
    private static func isJournal(_ descriptor: CInt) -> Bool {
        guard let variable = getenv("JOURNAL_STREAM") else { return false }
        var status = stat()
        return fstat(descriptor, &status) == 0 && String(cString: variable) == "\(status.st_dev):\(status.st_ino)"
    }

}

extension Logger.Level {
    /// The priority of syslog(3).
    fileprivate var priority: Int {
        switch self {
        case .critical: 2
        case .error: 3
        case .warning: 4
        case .notice: 5
        case .info: 6
        case .debug, .trace: 7
        }
    }
}
