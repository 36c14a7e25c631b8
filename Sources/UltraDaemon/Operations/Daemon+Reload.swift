internal import Glibc
internal import Logging
internal import UltraAPI
internal import UltraSystem

/// Reading the configuration again, for op `reload` and SIGHUP.
extension Daemon {
    func reload(_ call: Call) throws(UltraError) {
        let changes: ConfigurationChanges
        do throws(Configuration.Invalid) {
            changes = try reload(uid: call.peer.uid)
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
        call.end { writer, id in
            writer.frame(id, "result") { json in
                json.field("loaded_at", RFC3339.string(loadedAt))
                write(changes, to: &json)
                json.strings("warnings", warnings)
            }
        }
    }

    func reload(bySignal name: String) {
        guard !isDraining else { return }
        do throws(Configuration.Invalid) {
            _ = try reload(uid: nil)
        } catch {
            // It was logged, and the service manager told: nobody else asked.
        }
    }

    /// All or nothing: where this throws, nothing has changed.
    /// - Parameter uid: who asked; nil: a signal.
    private func reload(uid: UInt32?) throws(Configuration.Invalid) -> ConfigurationChanges {
        service.reloading(at: EventLoop.now)
        do throws(Configuration.Invalid) {
            let new = try reread()
            let changes = ConfigurationChanges(from: configuration, to: new)
            adopt(new.keepingFixed(of: configuration), warnings: changes.warnings)
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

    private func write(_ changes: ConfigurationChanges, to json: inout JSONWriter) {
        json.strings("changed", changes.keys)
        json.strings("added", changes.added)
        json.strings("removed", changes.removed)
    }

    /// The one place where a running daemon changes its settings. What is read per request needs nothing here.
    private func adopt(_ new: Configuration, warnings: [String]) {
        configure(new, warnings: warnings)
        registry.adopt(new)
        budgets.adopt(Self.budgetRules(new, log))
        for connection in connections.values { connection.adopt(new.limits) }
        lookAfterProviders()
        for prober in probers.values { prober.reschedule() }
        store?.schedule()
    }
}
