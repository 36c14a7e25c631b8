/// When a failed try is repeated. Counts are of tries after the first.
package struct RetrySettings: Sendable, Equatable {
    /// Repetitions on one candidate.
    package var perCandidate = 2
    /// Pause before the first repetition, doubled for each further one; the real pause is drawn from zero to it.
    package var initialPause = Duration.milliseconds(250)
    package var maxPause = Duration.seconds(20)
    /// Repetitions on the same candidate, as a share of its provider's requests of the last minute, in percent.
    package var budgetPercent = 20
    /// Repetitions at one provider that are allowed in any 10 s, however few requests there are.
    package var budgetMinimum = 10

    package init() {}
}
