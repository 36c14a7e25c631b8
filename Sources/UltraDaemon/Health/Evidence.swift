/// One thing known from observation: whether it holds, since when, and who saw it.
struct Evidence: Sendable, Equatable {
    enum Source: String, Sendable {
        case probe, live
    }

    /// nil: nobody has looked yet.
    var holds: Bool?
    /// Milliseconds since 1970.
    var at: Int?
    var source: Source?

    init() {}

    init(_ holds: Bool, at: Int, by source: Source) {
        self.holds = holds
        self.at = at
        self.source = source
    }

    /// It does not hold, and that was seen at least so long ago.
    func isOld(after milliseconds: Int, at now: Int) -> Bool {
        holds == false && at.map { $0 < now - milliseconds } ?? true
    }
}
