internal import CSystemd
internal import Glibc

/// What the service manager is told (`sd_notify(3)`) and has passed on. Without one, telling does nothing.
@Loop
package struct ServiceNotifier {
    /// How often the service manager wants to hear from us; nil: no watchdog.
    package let watchdogInterval: Duration?

    package init() {
        var microseconds: UInt64 = 0
        watchdogInterval = sd_watchdog_enabled(0, &microseconds) > 0 ? .microseconds(Int64(microseconds)) : nil
    }

    package func ready(status: String) { notify("READY=1\nSTATUS=\(Self.oneLine(status))") }
    package func status(_ status: String) { notify("STATUS=\(Self.oneLine(status))") }
    package func stopping(status: String) { notify("STOPPING=1\nSTATUS=\(Self.oneLine(status))") }
    /// `ready` must follow. systemd wants the time of the monotonic clock, so that it can tell what came before it.
    package func reloading(at nanoseconds: UInt64) {
        notify("RELOADING=1\nMONOTONIC_USEC=\(nanoseconds / 1000)")
    }

    package func alive() { notify("WATCHDOG=1") }

    /// Asks for more time to stop, counted from now.
    package func extendTimeout(by duration: Duration) {
        notify("EXTEND_TIMEOUT_USEC=\(duration.nanoseconds / 1000)")
    }

    /// The Unix stream sockets passed by socket activation, by their `FileDescriptorName=` (`sd_listen_fds(3)`); those
    /// passed without names are under `unknown`. The variables are consumed.
    package static func passedListeners() -> [String: [Listener]] {
        var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let count = sd_listen_fds_with_names(1, &names)
        defer { free(names) }
        var listeners: [String: [Listener]] = [:]
        for index in 0..<Int(max(0, count)) {
            let name = names?[index].map { name in
                defer { free(name) }
                return String(cString: name)
            }
            let descriptor = SD_LISTEN_FDS_START + CInt(index)
            guard sd_is_socket_unix(descriptor, CInt(SOCK_STREAM.rawValue), 1, nil, 0) > 0 else { continue }
            listeners[name ?? "unknown", default: []].append(Listener(passed: descriptor))
        }
        return listeners
    }

    /// A line break would begin another assignment.
    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    private func notify(_ text: String) {
        // A manager that does not listen is no reason to stop: ignoring.
        _ = sd_notify(0, text)
    }
}
