internal import Glibc
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// `status`: the state of the daemon, as far as the caller may see it.
extension Daemon {
    func status(_ call: Call) {
        let visibility = administrators.visibility(for: call.caller)
        call.end(
            Report { json in
                json.field("version", version)
                json.field("protocol", 1)
                json.fieldOrNull("pid", visibility.showsSetup ? Int(getpid()) : nil)
                json.field("uptime_ms", Int((EventLoop.now - startedAt) / 1_000_000))
                json.field("state", isDraining ? "draining" : "running")
                json.key("config")
                json.beginObject()
                json.fieldOrNull("path", visibility.showsSetup ? configuration.file : nil)
                json.field("loaded_at", RFC3339.string(loadedAt))
                json.strings("warnings", visibility.showsSetup ? warnings : [])
                json.endObject()
                json.key("providers")
                json.beginArray()
                for provider in registry.providers { write(provider, visibility, to: &json) }
                json.endArray()
                writeTraffic(visibility, to: &json)
                json.field("rss_bytes", ProcessMemory.residentBytes)
                json.key("watchdog")
                json.beginObject()
                json.field("enabled", watchdog != nil)
                json.field("pings", watchdog?.pings ?? 0)
                json.field("lag_ms", EventLoop.shared.lag.milliseconds)
                json.field("longest_turn_ms", EventLoop.shared.longestTurn.milliseconds)
                json.endObject()
                json.key("memory")
                json.beginObject()
                json.field("held_bytes", memory.account.held)
                json.field("limit_bytes", memory.account.limit)
                json.endObject()
            })
    }

    func write(_ provider: ProviderState, _ visibility: Visibility, to json: inout JSONWriter) {
        let now = WallClock.now
        let usable = provider.models.filter { provider.availability(of: $0, at: now).isUsable }
        json.beginObject()
        json.field("id", provider.id)
        json.field("name", provider.provider.displayName)
        json.field("state", provider.availability(at: now).rawValue)
        json.field("state_since", WallClock.text(provider.reportedSince))
        json.field("models", provider.models.count)
        json.field("available", usable.count)
        json.field("key", provider.keyState)
        json.strings("key_variables", provider.provider.missingKeyVariables)
        if case .http(let endpoint, _) = provider.provider.backend, visibility.showsSetup {
            json.field("endpoint", endpoint.base)
        } else {
            json.fieldOrNull("endpoint", nil as String?)
        }
        json.field("in_flight", provider.gate.inFlight)
        json.field("queued", provider.gate.queued)
        json.field("limit", provider.gate.limit)
        json.fieldOrNull("retry_at", provider.retryTime(of: nil, at: now).map(WallClock.text))
        json.key("evidence")
        json.beginObject()
        writeEvidence(provider, nil, to: &json)
        json.endObject()
        json.key("last_probe")
        if let probe = provider.lastProbe {
            json.beginObject()
            json.field("at", WallClock.text(probe.at))
            json.field("ok", probe.error == nil)
            json.field("ms", probe.milliseconds)
            json.fieldOrNull("error", probe.error?.code.rawValue)
            json.endObject()
        } else {
            json.null()
        }
        json.fieldOrNull("next_probe_at", provider.schedule.nextAt.map(WallClock.text))
        json.fieldOrNull("last_error", provider.health.lastFailure?.sentence(of: provider.id))
        if !provider.notices.isEmpty { json.strings("notices", provider.notices) }
        json.endObject()
    }

    private func writeTraffic(_ visibility: Visibility, to json: inout JSONWriter) {
        let byUID = connectionCounts.byUser.filter { visibility.shows($0.key) }
        let figures = activity.activity.figures(visibility)
        json.key("connections")
        json.beginObject()
        json.field("open", byUID.values.reduce(0, +))
        json.key("by_uid")
        json.beginObject()
        for (uid, count) in byUID.sorted(by: { $0.key < $1.key }) {
            json.key("\(uid)")
            json.int(count)
        }
        json.endObject()
        json.endObject()
        json.key("requests")
        json.beginObject()
        json.field("in_flight", figures.usage.inFlight)
        json.field("queued", registry.providers.reduce(0) { $0 + $1.gate.queued })
        json.field("total", figures.usage.total)
        json.field("failed", figures.usage.failures)
        json.endObject()
        json.key("pool")
        json.beginArray()
        for host in visibility.showsSetup ? transport.pool : [] {
            json.beginObject()
            json.field("host", host.name)
            json.field("open", host.open)
            json.field("idle", host.idle)
            json.field("handshakes", host.handshakes)
            json.field("reused", host.reused)
            json.fieldOrNull("protocol", host.version)
            json.fieldOrNull("resolved_at", host.connectedAt.map(RFC3339.string))
            json.endObject()
        }
        json.endArray()
        writeCache(to: &json)
        json.key("today")
        json.beginObject()
        let today = figures.today.today(at: RealTime.now)
        json.field("requests", today.requests)
        json.field("input_tokens", today.inputTokens)
        json.field("output_tokens", today.outputTokens)
        json.microUSD("cost_usd", today.costMicroUSD)
        json.endObject()
        writeLedger(visibility, to: &json)
        json.microUSD("probe_spend_today_usd", registry.probeSpend.today(at: RealTime.now))
    }
}
