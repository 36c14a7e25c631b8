internal import Glibc
internal import Logging
internal import UltraAPI
internal import UltraSystem

/// Reading the configuration again, for op `reload` and SIGHUP.
extension Daemon {
    func reload(bySignal name: String) {
        guard !isDraining else { return }
        do throws(Configuration.Invalid) {
            let new = try readAgain(uid: nil)
            Loop.spawn { [self] in _ = await adopt(new, uid: nil) }
        } catch {
            // Logged and reported to the service manager already.
        }
    }

    /// Reads and checks the configuration; nothing changes yet.
    /// - Parameter uid: the user who asked; nil: a signal.
    func readAgain(uid: UInt32?) throws(Configuration.Invalid) -> Configuration {
        service.reloading(at: EventLoop.now)
        do throws(Configuration.Invalid) {
            return try reread()
        } catch {
            log.note(
                .reloadRefused, "the configuration was refused: \(error.problems.first ?? "")",
                [
                    "ultra_problems": error.problems.joined(separator: "\n"), "ultra_peer_uid": uid.map { "\($0)" },
                ])
            service.ready(status: "a reload was refused: \(error.problems.first ?? "")")
            throw error
        }
    }

    /// Adopts the part of `new` that a running daemon can change. The accounts it names are looked up on the disk's
    /// thread, which works in order, so reloads take effect in the order of their requests.
    func adopt(_ new: Configuration, uid: UInt32?) async -> ConfigurationChanges {
        let accounts = await Disk.run { NamedAccounts(of: new) }
        let changes = ConfigurationChanges(from: configuration, to: new)
        adopt(new.keepingFixed(of: configuration), accounts, warnings: changes.warnings)
        log.note(
            .reloaded, "the configuration was read again",
            [
                "ultra_changed": changes.keys.isEmpty ? "nothing" : changes.keys.joined(separator: ", "),
                "ultra_warnings": loaded.warnings.isEmpty ? nil : loaded.warnings.joined(separator: "\n"),
                "ultra_peer_uid": uid.map { "\($0)" },
            ])
        tellReloaded()
        feed.publish(.registry) {
            var event = RegistryEvent()
            event.reason = "reload"
            event.changed = changes.keys
            event.added = changes.added
            event.removed = changes.removed
            return event
        }
        return changes
    }

    /// The one place where a running daemon changes its settings. Settings that are read for each request need nothing
    /// here.
    private func adopt(_ new: Configuration, _ accounts: NamedAccounts, warnings: [String]) {
        configure(new, accounts, warnings: warnings)
        feed.review { loaded.administrators.visibility(for: $0) }
        registry.adopt(new)
        admission.adopt(BudgetRule.rules(of: new, accounts, log))
        door.adopt(new.limits)
        httpDoor.adopt(new.limits)
        lookAfterProviders()
        probers.reschedule()
        store?.schedule()
    }
}
