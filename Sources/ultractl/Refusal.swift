/// An `error` event of the daemon.
struct Refusal: Sendable {
    /// One of the protocol's codes, or one of a later daemon's.
    let code: String
    let message: String
    let hint: String?
    /// The field of the request that is wrong, if one is.
    let field: String?
    /// Everything that is wrong, where it is more than one thing.
    let problems: [String]
    /// The whole event as it came, as one line with its newline.
    let line: [UInt8]

    init(_ event: borrowing Event) {
        code = event.string("error.code") ?? "internal"
        message = event.string("error.message") ?? "the daemon reported an error without a message (\(code))"
        hint = event.string("error.hint")
        field = event.string("error.field")
        var problems: [String] = []
        while let problem = event.string("error.problems.\(problems.count)") { problems.append(problem) }
        self.problems = problems
        line = event.line
    }
}
