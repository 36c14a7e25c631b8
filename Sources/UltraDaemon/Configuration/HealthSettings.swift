/// How the registry finds out what works.
package struct HealthSettings: Sendable, Equatable {
    /// Between two free probes of a provider that is well.
    package var probeInterval = Duration.seconds(60)
    /// The interval is varied by so much up and down, in percent, so that daemons do not probe in step.
    package var probeJitterPercent = 20
    /// After a failed probe; doubled for each further one.
    package var retryInterval = Duration.seconds(5)
    package var maxRetryInterval = Duration.seconds(300)
    /// Between two looks at a provider's list of models.
    package var discoveryInterval = Duration.seconds(600)

    /// Failures in a row that open the breaker.
    package var breakerFailures = 5
    /// Or this share of the calls within `breakerWindow`, in percent, if there were at least `breakerCalls`.
    package var breakerPercent = 50
    package var breakerCalls = 10
    package var breakerWindow = Duration.seconds(60)
    /// Until an open breaker lets one trial through; doubled each time the trial fails.
    package var breakerPause = Duration.seconds(10)
    package var maxBreakerPause = Duration.seconds(300)

    /// The longest wait that a provider can ask for.
    package var maxRest = Duration.seconds(3600)
    /// A client that asks for a probe gets the outcome of one that is no older.
    package var probeReuse = Duration.seconds(2)

    /// Real generations of one token as probes. `nil`: none but those a client asks for.
    package var deepProbeInterval: Duration?
    /// Most that probes may cost in a day (UTC), in micro-USD.
    package var deepProbeMicroUSDPerDay = 10_000

    package init() {}
}
