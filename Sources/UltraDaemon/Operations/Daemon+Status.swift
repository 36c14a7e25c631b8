internal import Glibc
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// `status`: the daemon as it stands.
extension Daemon {
    func status(_ call: Call) {
        call.end { writer, id in
            writer.frame(id, "result") { json in
                json.field("version", version)
                json.field("protocol", 1)
                json.field("pid", Int(getpid()))
                json.field("uptime_ms", Int((EventLoop.now - startedAt) / 1_000_000))
                json.field("state", isDraining ? "draining" : "running")
                json.key("config")
                json.beginObject()
                json.key("path")
                json.null()
                json.field("loaded_at", RFC3339.string(loadedAt))
                json.key("warnings")
                json.beginArray()
                json.endArray()
                json.endObject()
                json.key("providers")
                json.beginArray()
                for provider in registry.providers { write(provider, to: &json) }
                json.endArray()
                writeTraffic(to: &json)
                json.field("rss_bytes", ProcessMemory.residentBytes)
                json.key("watchdog")
                json.beginObject()
                json.field("enabled", watchdog != nil)
                json.field("pings", watchdog?.pings ?? 0)
                json.field("lag_ms", EventLoop.shared.lag.milliseconds)
                json.endObject()
            }
        }
    }

    private func write(_ provider: ProviderState, to json: inout JSONWriter) {
        json.beginObject()
        json.field("id", provider.id)
        json.field("state", provider.availability.rawValue)
        json.field("models", provider.models.count)
        json.field("available", provider.availability == .available ? provider.models.count : 0)
        json.field("key", provider.keyState)
        if case .http(let endpoint, _) = provider.provider.backend {
            json.field("endpoint", endpoint.base)
        } else {
            json.fieldOrNull("endpoint", String?.none)
        }
        json.field("in_flight", provider.inFlight)
        json.field("queued", 0)
        json.fieldOrNull("limit", provider.provider.concurrencyLimit)
        json.fieldOrNull("retry_at", String?.none)
        json.field("last_probe", provider.evidence.reachable)
        json.fieldOrNull("next_probe_at", provider.nextProbeAt.map(RFC3339.string))
        json.fieldOrNull("last_error", provider.lastFailure?.message)
        json.endObject()
    }

    private func writeTraffic(to json: inout JSONWriter) {
        json.key("connections")
        json.beginObject()
        json.field("open", connections.count)
        json.key("by_uid")
        json.beginObject()
        let byUID = Dictionary(grouping: connections.values, by: \.peer.uid).mapValues(\.count)
        for (uid, count) in byUID.sorted(by: { $0.key < $1.key }) {
            json.key("\(uid)")
            json.int(count)
        }
        json.endObject()
        json.endObject()
        json.key("requests")
        json.beginObject()
        json.field("in_flight", usage.inFlight)
        json.field("queued", 0)
        json.field("total", usage.total)
        json.field("failed", usage.failures)
        json.endObject()
        json.key("pool")
        json.beginArray()
        json.endArray()
        json.key("cache")
        json.beginObject()
        json.field("enabled", false)
        json.field("hits", 0)
        json.field("misses", 0)
        json.field("bytes", 0)
        json.field("saved_usd", 0)
        json.endObject()
        json.key("today")
        json.beginObject()
        json.field("requests", usage.today.requests)
        json.field("input_tokens", usage.today.inputTokens)
        json.field("output_tokens", usage.today.outputTokens)
        json.field("cost_usd", Double(usage.today.costMicroUSD) / 1_000_000)
        json.endObject()
        json.field("probe_spend_today_usd", 0)
    }
}
