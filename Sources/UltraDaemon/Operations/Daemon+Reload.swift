internal import Glibc
internal import Logging
internal import UltraAPI
internal import UltraSystem

/// Reading the configuration again, for op `reload` and SIGHUP.
extension Daemon {
    func reload(_ call: Call) throws(UltraError) {
        let uid = call.caller.uid
        let new: Configuration
        do throws(Configuration.Invalid) {
            new = try readAgain(uid: uid)
        } catch {
            let (first, count) = (error.problems.first ?? "", error.problems.count)
            var refusal = UltraError(
                .invalidRequest,
                "the configuration was refused and nothing changed: "
                    + (count == 1 ? first : "\(count) problems, of which the first is \(first)"),
                hint: "correct it, see ultrad --check-config, and reload again", provider: "ultrad")
            refusal.problems = error.problems
            throw refusal
        }
        call.run { [self] in
            let changes = await adopt(new, uid: uid)
            call.end(
                Report { json in
                    json.field("loaded_at", RFC3339.string(loadedAt))
                    write(changes, to: &json)
                    json.strings("warnings", warnings)
                })
        }
    }

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
    private func readAgain(uid: UInt32?) throws(Configuration.Invalid) -> Configuration {
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
    private func adopt(_ new: Configuration, uid: UInt32?) async -> ConfigurationChanges {
        let accounts = await Disk.run { NamedAccounts(of: new) }
        let changes = ConfigurationChanges(from: configuration, to: new)
        adopt(new.keepingFixed(of: configuration), accounts, warnings: changes.warnings)
        log.note(
            .reloaded, "the configuration was read again",
            [
                "ultra_changed": changes.keys.isEmpty ? "nothing" : changes.keys.joined(separator: ", "),
                "ultra_warnings": warnings.isEmpty ? nil : warnings.joined(separator: "\n"),
                "ultra_peer_uid": uid.map { "\($0)" },
            ])
        tellReloaded()
        feed.publish(.registry) { json in
            json.field("reason", "reload")
            write(changes, to: &json)
        }
        return changes
    }

    private func write(_ changes: ConfigurationChanges, to json: inout JSONWriter) {
        json.strings("changed", changes.keys)
        json.strings("added", changes.added)
        json.strings("removed", changes.removed)
    }

    /// The one place where a running daemon changes its settings. Settings that are read for each request need nothing
    /// here.
    private func adopt(_ new: Configuration, _ accounts: NamedAccounts, warnings: [String]) {
        configure(new, accounts, warnings: warnings)
        feed.review { administrators.visibility(for: $0) }
        registry.adopt(new)
        admission.adopt(BudgetRule.rules(of: new, accounts, log))
        door.adopt(new.limits)
        httpDoor.adopt(new.limits)
        lookAfterProviders()
        for prober in probers.values { prober.reschedule() }
        store?.schedule()
    }
}
