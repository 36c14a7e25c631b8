extension HealthSettings: SettingTable {
    static let keys: [SettingKey<Self>] = [
        SettingKey(
            "probe_interval", \.probeInterval, .duration(.seconds(1), .seconds(86_400)),
            "Time between two free probes of a healthy provider"),
        SettingKey(
            "probe_jitter_percent", \.probeJitterPercent, .integer(0...90),
            "Jitter of probe_interval up and down, in percent, so that several daemons do not probe at the same time"),
        SettingKey(
            "retry_interval", \.retryInterval, .duration(.milliseconds(100), .seconds(3600)),
            "Time from a failed probe to the next one; doubled for each further failure"),
        SettingKey(
            "max_retry_interval", \.maxRetryInterval, .duration(.milliseconds(100), .seconds(86_400)),
            "Maximum of retry_interval after doubling"),
        SettingKey(
            "discovery_interval", \.discoveryInterval, .duration(.seconds(10), .seconds(604_800)),
            "Time between two requests for a provider's list of models"),
        SettingKey(
            "breaker_failures", \.breakerFailures, .integer(1...1000),
            "Consecutive failures that open a model's circuit breaker"),
        SettingKey(
            "breaker_percent", \.breakerPercent, .integer(1...100),
            "Failure rate within breaker_window that also opens the circuit breaker, in percent"),
        SettingKey(
            "breaker_calls", \.breakerCalls, .integer(1...100_000),
            "Minimum number of requests within breaker_window for breaker_percent to count"),
        SettingKey(
            "breaker_window", \.breakerWindow, .duration(.seconds(1), .seconds(3600)),
            "Time window of breaker_percent and breaker_calls"),
        SettingKey(
            "breaker_pause", \.breakerPause, .duration(.milliseconds(100), .seconds(3600)),
            "Time from the opening of a circuit breaker to a trial request; doubled each time the trial fails"),
        SettingKey(
            "max_breaker_pause", \.maxBreakerPause, .duration(.milliseconds(100), .seconds(86_400)),
            "Maximum of breaker_pause after doubling"),
        SettingKey(
            "max_rest", \.maxRest, .duration(.seconds(1), .seconds(86_400)),
            "Maximum cool-down that a provider can request (Retry-After); during it, "
                + "one request is tried every 5 minutes"
        ),
        SettingKey(
            "probe_reuse", \.probeReuse, .duration(.zero, .seconds(60)),
            "Maximum age of a probe's outcome that answers another request for a probe"),
        SettingKey(
            "deep_probe_interval", \.deepProbeInterval,
            .optional(.duration(.seconds(1), .seconds(604_800)), absent: "none"),
            "Time between two deep probes, which generate one token and cost money; only models that this file names or "
                + "that requests have used are probed"
        ),
        SettingKey(
            "deep_probe_usd_per_day", \.deepProbeMicroUSDPerDay, .microUSD(upTo: 1000),
            "Maximum cost of deep probes per day (UTC) in USD"),
    ]

    func check(_ path: String, _ reader: inout KeyReader) {
        reader.check("\(path).retry_interval", retryInterval, isAtMost: maxRetryInterval, "max_retry_interval")
        reader.check("\(path).breaker_pause", breakerPause, isAtMost: maxBreakerPause, "max_breaker_pause")
    }
}
