internal import UltraAPI
internal import UltraSystem

/// The status line in `systemctl status`.
extension Daemon {
    /// Reports the end of a reload.
    func tellReloaded() {
        lastStatus = statusLine
        service.ready(status: lastStatus)
    }

    /// Reports a new status soon: once for changes that come together, because it counts all models.
    func tellServiceManager() {
        if !statusTimer.isArmed { statusTimer.arm(after: .milliseconds(20)) }
    }

    func tellStatus() {
        let line = statusLine
        guard case .running = state, line != lastStatus else { return }
        lastStatus = line
        service.status(line)
    }

    var statusLine: String {
        let now = WallClock.now
        var usable = 0
        var all = 0
        for provider in registry.providers {
            all += provider.models.count
            usable += provider.models.count { provider.availability(of: $0, at: now).isUsable }
        }
        let waiting = registry.providers.filter { $0.availability(at: now) == .needsKey }.map(\.id)
        return "\(usable) of \(all) models up"
            + (waiting.isEmpty ? "" : "; no key for \(waiting.joined(separator: ", "))")
    }
}
