internal import UltraAPI
internal import UltraSystem

/// `cache_clear`: removes every stored answer.
struct CacheClearOperation: Operation {
    private let cache: AnswerCache?

    init(_ cache: AnswerCache?) {
        self.cache = cache
    }

    func begin(_ call: Call, _ frame: RequestFrame, in session: any Session) {
        call.run {
            let cleared = await cache?.clear() ?? CacheFile.Figures()
            call.end(Report(CacheClearReport(entries: cleared.entries, bytes: cleared.bytes)))
        }
    }
}

/// `reload`: reads the configuration again.
struct ReloadOperation: Operation {
    private unowned let daemon: Daemon

    init(_ daemon: Daemon) {
        self.daemon = daemon
    }

    func begin(_ call: Call, _ frame: RequestFrame, in session: any Session) throws(UltraError) {
        let uid = call.caller.uid
        let new: Configuration
        do throws(Configuration.Invalid) {
            new = try daemon.readAgain(uid: uid)
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
        call.run { [daemon] in
            let changes = await daemon.adopt(new, uid: uid)
            var report = ReloadReport()
            report.loadedAt = Timestamp(seconds: daemon.loaded.at)
            report.changed = changes.keys
            report.added = changes.added
            report.removed = changes.removed
            report.warnings = daemon.loaded.warnings
            call.end(Report(report))
        }
    }
}

/// `metrics`: all metrics, as in `GET /metrics`.
struct MetricsOperation: Operation {
    private unowned let daemon: Daemon

    init(_ daemon: Daemon) {
        self.daemon = daemon
    }

    func begin(_ call: Call, _ frame: RequestFrame, in session: any Session) {
        call.end(Report(MetricsReport(text: daemon.metricsText)))
    }
}
