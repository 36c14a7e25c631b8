internal import Glibc
internal import UltraAPI
internal import UltraSystem

/// All counters. Providers, models and hosts are labels; users, processes and requests are not.
extension Daemon {
    /// Prometheus text exposition.
    var metricsText: String {
        var text = MetricsText()
        writeProcess(to: &text)
        writeRequests(to: &text)
        writeModels(to: &text)
        writeProviders(to: &text)
        writePool(to: &text)
        writeCache(to: &text)
        return text.text
    }

    private func writeProcess(to text: inout MetricsText) {
        text.begin(.gauge, "ultrad_build_info", "The daemon's version; always 1.")
        text.sample(1, ["version": version])
        text.begin(.gauge, "process_start_time_seconds", "When the process started, in seconds since 1970.")
        text.sample(startedSeconds)
        text.begin(.counter, "process_cpu_seconds_total", "Processor time in user and system mode.")
        text.sample(ProcessFigures.processorSeconds)
        text.begin(.gauge, "process_resident_memory_bytes", "Resident set.")
        text.sample(ProcessMemory.residentBytes)
        text.begin(.gauge, "process_open_fds", "Open file descriptors.")
        if let count = ProcessFigures.openDescriptors { text.sample(count) }
        text.begin(.gauge, "process_max_fds", "File descriptors there may be.")
        if let limit = ProcessFigures.descriptorLimit { text.sample(limit) }
        text.begin(.gauge, "ultrad_loop_lag_seconds", "How far the event loop is behind its work.")
        text.sample(EventLoop.shared.lag.milliseconds / 1000)
        text.begin(
            .gauge, "ultrad_loop_longest_turn_seconds",
            "The longest time since the start that the event loop did not look for new events.")
        text.sample(EventLoop.shared.longestTurn.milliseconds / 1000)
        text.begin(.gauge, "ultrad_loop_longest_recent_turn_seconds", "The same, since the last scrape.")
        text.sample(EventLoop.shared.takeLongestTurn().milliseconds / 1000)
        text.begin(.gauge, "ultrad_held_bytes", "Bytes that clients make the daemon hold.")
        text.sample(memory.account.held)
        text.begin(.gauge, "ultrad_held_bytes_limit", "Bytes that clients may make the daemon hold, limits.memory.")
        text.sample(memory.account.limit)
        text.begin(.counter, "ultrad_watchdog_pings_total", "Signs of life to the service manager.")
        if let watchdog { text.sample(watchdog.pings) }
        text.begin(.gauge, "ultrad_draining", "Whether the daemon finishes what is in flight, to stop then.")
        text.sample(isDraining)
        text.begin(.gauge, "ultrad_connections", "Open connections of clients.")
        text.sample(connectionCounts.total)
    }

    private func writeRequests(to text: inout MetricsText) {
        text.begin(.gauge, "ultrad_requests_in_flight", "Requests that models work on, or wait for.")
        text.sample(activity.inFlight)
        text.begin(.counter, "ultrad_requests_total", "Requests that ended, by operation and outcome.")
        for (operation, outcome, count) in metrics.counts.outcomes {
            text.sample(count, ["op": operation, "outcome": outcome])
        }
        text.begin(
            .counter, "ultrad_http_refused_total",
            "Requests over HTTP refused before they were an operation, by status.")
        for (status, count) in httpDoor.refusalCounts.sorted(by: { $0.key < $1.key }) {
            text.sample(count, ["status": "\(status)"])
        }
        text.begin(.histogram, "ultrad_request_duration_seconds", "From a request to the end of its answer.")
        for (operation, histogram) in metrics.counts.durationsByOperation {
            text.sample(histogram, ["op": operation.rawValue])
        }
        text.begin(.histogram, "ultrad_first_token_seconds", "From a request to the first content of its answer.")
        for (operation, histogram) in metrics.counts.firstTokensByOperation {
            text.sample(histogram, ["op": operation.rawValue])
        }
        text.begin(.counter, "ultrad_retries_total", "Attempts on the same model after a failure.")
        text.sample(metrics.counts.retries)
        text.begin(.counter, "ultrad_fallbacks_total", "Steps from one model to the next.")
        text.sample(metrics.counts.fallbacks)
    }

    private func writeModels(to text: inout MetricsText) {
        let models = metrics.counts.models.values.sorted { $0.model < $1.model }
        text.begin(.counter, "ultrad_model_requests_total", "Requests to models, by what became of them.")
        for counts in models {
            for (outcome, count) in [("ok", counts.answered), ("error", counts.failed)] {
                text.sample(count, ["provider": counts.provider, "model": counts.model, "outcome": outcome])
            }
        }
        let families: [(name: StaticString, help: StaticString, value: KeyPath<ModelCounts, Int>)] = [
            ("ultrad_input_tokens_total", "Input tokens, cached ones included.", \.inputTokens),
            ("ultrad_output_tokens_total", "Output tokens, reasoning included.", \.outputTokens),
            ("ultrad_cached_input_tokens_total", "Input tokens from the provider's cache.", \.cachedInputTokens),
            ("ultrad_reasoning_tokens_total", "Output tokens of reasoning.", \.reasoningTokens),
        ]
        for family in families {
            text.begin(.counter, family.name, family.help)
            for counts in models {
                text.sample(counts[keyPath: family.value], ["provider": counts.provider, "model": counts.model])
            }
        }
        text.begin(.counter, "ultrad_cost_usd_total", "What answers cost, as far as prices are known.")
        for counts in models {
            text.sample(microUSD: counts.costMicroUSD, ["provider": counts.provider, "model": counts.model])
        }
        text.begin(.gauge, "ultrad_ledger_pending_rows", "Requests that are not in the ledger's file yet.")
        text.sample(ledger.pending)
        text.begin(.counter, "ultrad_ledger_lost_rows_total", "Requests that will never be in the ledger.")
        text.sample(ledger.lost)
        text.begin(.gauge, "ultrad_probe_spend_today_usd", "What deep probes cost since midnight UTC.")
        text.sample(microUSD: registry.probeSpend.today(at: RealTime.now))
    }

    private func writeProviders(to text: inout MetricsText) {
        let now = WallClock.now
        text.begin(.gauge, "ultrad_provider_state", "1 for the state that the provider is in.")
        for provider in registry.providers {
            let state = provider.availability(at: now)
            for other in Availability.allCases {
                text.sample(state == other, ["provider": provider.id, "state": other.rawValue])
            }
        }
        func gauge(_ name: StaticString, _ help: StaticString, _ value: (ProviderState) -> Int) {
            text.begin(.gauge, name, help)
            for provider in registry.providers { text.sample(value(provider), ["provider": provider.id]) }
        }
        gauge("ultrad_provider_models", "Models the provider has.") { $0.models.count }
        gauge("ultrad_provider_models_available", "Models of the provider that may be asked now.") { provider in
            provider.models.count { provider.availability(of: $0, at: now).isUsable }
        }
        gauge("ultrad_provider_in_flight_requests", "Requests at the provider.") { $0.gate.inFlight }
        gauge("ultrad_provider_queued_requests", "Requests that wait for a turn at the provider.") { $0.gate.queued }
        gauge("ultrad_provider_request_limit", "Requests at once that the provider may get.") { $0.gate.limit }
        gauge("ultrad_provider_breaker_open", "Whether the provider's breaker keeps requests away.") {
            $0.health.breaker.openUntil == nil ? 0 : 1
        }
        gauge("ultrad_provider_models_breaker_open", "Models of the provider whose breaker keeps requests away.") {
            $0.models.count { $0.health.breaker.openUntil != nil }
        }
    }

    private func writePool(to text: inout MetricsText) {
        let hosts = transport.pool
        text.begin(.gauge, "ultrad_pool_connections", "Open connections to a provider's host.")
        for host in hosts {
            text.sample(host.open - host.idle, ["host": host.name, "state": "active"])
            text.sample(host.idle, ["host": host.name, "state": "idle"])
        }
        text.begin(.counter, "ultrad_pool_handshakes_total", "Connections made.")
        for host in hosts { text.sample(host.handshakes, ["host": host.name]) }
        text.begin(.counter, "ultrad_pool_reused_total", "Transfers that found a connection ready.")
        for host in hosts { text.sample(host.reused, ["host": host.name]) }
    }

    private func writeCache(to text: inout MetricsText) {
        text.begin(.gauge, "ultrad_cache_enabled", "Whether answers are kept.")
        text.sample(cache != nil)
        guard let cache else { return }
        text.begin(.counter, "ultrad_cache_hits_total", "Requests answered from the cache.")
        text.sample(cache.figures.hits)
        text.begin(.counter, "ultrad_cache_misses_total", "Requests that the cache had no answer for.")
        text.sample(cache.figures.misses)
        text.begin(.counter, "ultrad_cache_coalesced_total", "Requests that shared another's call.")
        text.sample(cache.figures.coalesced)
        text.begin(.counter, "ultrad_cache_evictions_total", "Answers that had to go for others.")
        text.sample(cache.evictions)
        text.begin(.gauge, "ultrad_cache_entries", "Answers that are kept.")
        text.sample(cache.entries, ["level": "memory"])
        text.sample(cache.fileFigures.entries, ["level": "disk"])
        text.begin(.gauge, "ultrad_cache_bytes", "What kept answers take.")
        text.sample(cache.memoryBytes, ["level": "memory"])
        text.sample(cache.fileFigures.bytes, ["level": "disk"])
        text.begin(.counter, "ultrad_cache_saved_usd_total", "What cached and shared answers would have cost.")
        text.sample(microUSD: cache.figures.savedMicroUSD)
    }
}
