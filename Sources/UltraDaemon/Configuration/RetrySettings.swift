/// When a failed try is repeated. Counts are of tries after the first.
package struct RetrySettings: Sendable, Equatable {
    /// Repetitions on one candidate.
    package var perCandidate = 2
    /// Pause before the first repetition, doubled for each further one; the real pause is drawn from zero to it.
    package var initialPause = Duration.milliseconds(250)
    package var maxPause = Duration.seconds(20)
    /// Repetitions on the same candidate, as a share of the last minute's requests, in percent.
    package var budgetPercent = 20
    /// Repetitions a minute that are allowed however few requests there are.
    package var budgetMinimum = 10

    package init() {}
}
