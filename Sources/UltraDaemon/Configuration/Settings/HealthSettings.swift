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
            "Between two free probes of a provider that is well"),
        SettingKey(
            "probe_jitter_percent", \.probeJitterPercent, .integer(0...90),
            "That interval is varied by so much up and down, so that daemons do not probe in step"),
        SettingKey(
            "retry_interval", \.retryInterval, .duration(.milliseconds(100), .seconds(3600)),
            "After a failed probe; doubled for each further one"),
        SettingKey(
            "max_retry_interval", \.maxRetryInterval, .duration(.milliseconds(100), .seconds(86_400)),
            "The longest such interval"),
        SettingKey(
            "discovery_interval", \.discoveryInterval, .duration(.seconds(10), .seconds(604_800)),
            "Between two looks at a provider's list of models"),
        SettingKey(
            "breaker_failures", \.breakerFailures, .integer(1...1000),
            "Failures in a row after which a model rests"),
        SettingKey(
            "breaker_percent", \.breakerPercent, .integer(1...100),
            "Or this share of failed calls in breaker_window, in percent"),
        SettingKey(
            "breaker_calls", \.breakerCalls, .integer(1...100_000), "If there were at least so many calls"),
        SettingKey(
            "breaker_window", \.breakerWindow, .duration(.seconds(1), .seconds(3600)),
            "The time over which calls are counted"),
        SettingKey(
            "breaker_pause", \.breakerPause, .duration(.milliseconds(100), .seconds(3600)),
            "Until a model that rests gets one trial; doubled each time it fails"),
        SettingKey(
            "max_breaker_pause", \.maxBreakerPause, .duration(.milliseconds(100), .seconds(86_400)),
            "The longest such pause"),
        SettingKey(
            "max_rest", \.maxRest, .duration(.seconds(1), .seconds(86_400)),
            "The longest wait that a provider can ask for; a request is tried every 5 minutes of it"),
        SettingKey(
            "probe_reuse", \.probeReuse, .duration(.zero, .seconds(60)),
            "Whoever asks for a probe gets the outcome of one that is no older"),
        SettingKey(
            "deep_probe_interval", \.deepProbeInterval,
            .optional(.duration(.seconds(1), .seconds(604_800)), absent: "none"),
            "Real generations of one token, which cost money, of the models that are named here or were asked for"),
        SettingKey(
            "deep_probe_usd_per_day", \.deepProbeMicroUSDPerDay, .microUSD(upTo: 1000),
            "The most that probes may cost in a day (UTC)"),
    ]

    func check(_ path: String, _ reader: inout KeyReader) {
        reader.check("\(path).retry_interval", retryInterval, isAtMost: maxRetryInterval, "max_retry_interval")
        reader.check("\(path).breaker_pause", breakerPause, isAtMost: maxBreakerPause, "max_breaker_pause")
    }
}
