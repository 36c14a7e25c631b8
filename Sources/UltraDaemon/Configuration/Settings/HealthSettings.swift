/// The settings of probes, circuit breakers and cool-downs (`[health]`).
package struct HealthSettings: Sendable, Equatable {
    /// The interval between free probes of a healthy provider.
    package var probeInterval = Duration.seconds(60)
    /// Jitter of `probeInterval`, in percent up and down, so that several daemons do not probe at the same time.
    package var probeJitterPercent = 20
    /// The pause after a failed probe, doubled for each further one.
    package var retryInterval = Duration.seconds(5)
    /// The longest pause after a failed probe.
    package var maxRetryInterval = Duration.seconds(300)
    /// The interval at which a provider's list of models is read at least.
    package var discoveryInterval = Duration.seconds(600)

    /// Consecutive failures that open a circuit breaker.
    package var breakerFailures = 5
    /// The share of failures within `breakerWindow`, in percent, that opens it too, given at least `breakerCalls`.
    package var breakerPercent = 50
    package var breakerCalls = 10
    package var breakerWindow = Duration.seconds(60)
    /// The time until an open breaker allows a half-open trial, doubled each time the trial fails.
    package var breakerPause = Duration.seconds(10)
    /// The longest such time.
    package var maxBreakerPause = Duration.seconds(300)

    /// The longest cool-down that a provider can ask for.
    package var maxRest = Duration.seconds(3600)
    /// A client that requests a probe gets the outcome of the last one if that is younger than this.
    package var probeReuse = Duration.seconds(2)

    /// The interval between deep probes of a model; nil: only probes that a client requests.
    package var deepProbeInterval: Duration?
    /// The budget of deep probes per day (UTC), in micro-USD.
    package var deepProbeMicroUSDPerDay = 10_000

    package init() {}
}

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
