/// Which model is probed deeply next, and when. Pure; times are milliseconds since 1970.
///
/// A model is asked once an interval, if somebody relies on it and nothing has shown in that time whether it answers.
struct DeepProbePlan: Sendable, Equatable {
    struct Subject: Sendable, Equatable {
        /// The configuration names it, or a client has asked for it.
        var isReliedOn: Bool
        /// It has a price, a key that may be used, and something it can be asked.
        var canBeAsked: Bool
        /// When a request or a probe last showed whether it answers; nil: none has.
        var seenAt: Int?
        /// When a deep probe was last tried, whatever became of it.
        var triedAt: Int?
    }

    struct Turn: Sendable, Equatable {
        let index: Int
        /// 0: now.
        let milliseconds: Int
    }

    let interval: Int

    /// nil: nobody is to be asked.
    func next(_ subjects: [Subject], at now: Int) -> Turn? {
        let due = subjects.indices.filter { subjects[$0].isReliedOn && subjects[$0].canBeAsked }
            .map {
                (
                    index: $0,
                    at: [subjects[$0].seenAt, subjects[$0].triedAt].compactMap { $0 }.max().map { $0 + interval }
                )
            }
        guard let first = due.min(by: { $0.at ?? 0 < $1.at ?? 0 }) else { return nil }
        return Turn(index: first.index, milliseconds: max(0, (first.at ?? now) - now))
    }
}
