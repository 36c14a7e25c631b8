internal import CSystemd
internal import Glibc

/// Messages to and from the service manager (sd_notify(3)). Without a service manager, notifications do nothing.
@Loop
package struct ServiceNotifier {
    /// The service manager's watchdog interval (`WatchdogSec=`); nil if it runs no watchdog.
    package let watchdogInterval: Duration?

    package init() {
        var microseconds: UInt64 = 0
        watchdogInterval = sd_watchdog_enabled(0, &microseconds) > 0 ? .microseconds(Int64(microseconds)) : nil
    }

    /// Startup or a reload is complete.
    package func ready(status: String) { notify("READY=1\nSTATUS=\(Self.oneLine(status))") }
    /// Sets the status line shown by `systemctl status`.
    package func status(_ status: String) { notify("STATUS=\(Self.oneLine(status))") }
    /// The daemon is shutting down.
    package func stopping(status: String) { notify("STOPPING=1\nSTATUS=\(Self.oneLine(status))") }
    /// A reload has begun; `ready` must follow.
    /// - Parameter nanoseconds: `CLOCK_MONOTONIC`; systemd uses it to ignore messages sent before the reload.
    package func reloading(at nanoseconds: UInt64) {
        notify("RELOADING=1\nMONOTONIC_USEC=\(nanoseconds / 1000)")
    }

    /// Resets the watchdog.
    package func alive() { notify("WATCHDOG=1") }

    /// Asks for more time to stop, counted from now (`EXTEND_TIMEOUT_USEC=`).
    package func extendTimeout(by duration: Duration) {
        notify("EXTEND_TIMEOUT_USEC=\(duration.nanoseconds / 1000)")
    }

    /// The listening Unix stream sockets passed by socket activation, by `FileDescriptorName=` (sd_listen_fds(3)); without
    /// names, systemd calls them `unknown`. Unsets the environment variables, so a second call returns none.
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

    /// A line break would start another assignment in the message.
    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    private func notify(_ text: String) {
        // An unreachable service manager is no reason to stop.
        _ = sd_notify(0, text)
    }
}
