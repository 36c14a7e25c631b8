import UltraAPI
import libultra

/// Runs checks in sequence and prints the outcome of each at once.
struct Checkup {
    /// The default time limit of one check.
    static let defaultTimeLimit: Duration = .seconds(60)

    let global: GlobalOptions
    /// The width of the longest provider id or model id.
    let subjectColumns: Int
    private(set) var hasFailed = false
    /// The number of planned checks, for the progress bar.
    let total: Int
    private(set) var done = 0
    /// The longest answer in tokens; `nil`: the limits of `Check`.
    private let tokenLimit: Int?
    private let style = Style(for: .standardOutput)

    init(_ global: GlobalOptions, subjects: [String], total: Int, tokenLimit: Int? = nil) {
        self.global = global
        self.total = total
        self.tokenLimit = tokenLimit
        subjectColumns = subjects.reduce(0) { max($0, $1.columns) }
    }

    /// Runs one check of a model and prints its line.
    ///
    /// - Throws: a failure that ends the whole run, such as `.interrupted`; a failed check only prints its line.
    mutating func run(_ check: Check, of asked: ModelReport) throws(Failure) {
        let model = asked.id
        let tokenLimit = tokenLimit ?? Check.tokenLimit(of: asked)
        let start = ContinuousClock.now
        let limit = global.timeLimit ?? Self.defaultTimeLimit
        var streamed = ""
        defer { done += 1 }
        let answer = try ask(
            check.op,
            check.fields(model: model, timeoutMilliseconds: Int(limit.milliseconds), tokenLimit: tokenLimit),
            "\(model) \(check)"
        ) { event in
            if let text = event.string("text") { streamed += text }
        }
        let milliseconds = Double(start.duration(to: .now).milliseconds)
        switch answer {
        case .event(let event):
            let complaint = check.complaint(about: event, streamed: streamed)
            let cut =
                event.string("finish_reason") == "length"
                ? "the answer was cut off at \(tokenLimit) tokens (--max-tokens)" : nil
            try report(
                CheckLine(
                    subject: model, check: check.rawValue, mark: complaint == nil ? .passed : .failed,
                    milliseconds: milliseconds,
                    trouble: [complaint, cut].compactMap(\.self).joined(separator: "; ")))
        case .trouble(let trouble):
            try report(
                CheckLine(
                    subject: model, check: check.rawValue, mark: .failed, milliseconds: milliseconds, trouble: trouble))
        }
    }

    /// Probes a model and prints a line for each kind of evidence up to the first failure.
    ///
    /// - Returns: true if the probe found no failure, so that checks are worthwhile.
    /// - Throws: as `run(_:of:)`.
    mutating func probe(_ model: String) throws(Failure) -> Bool {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("model", model)
        writer.endObject()
        let results: [ProbeReport.Result]
        defer { done += 1 }
        switch try ask("probe", writer.bytes, "\(model) probe", onPiece: { _ in }) {
        case .event(let event):
            results = try event.read { (reader) throws(JSONError) in try ProbeReport(&reader) }.results
        case .trouble(let trouble):
            try report(CheckLine(subject: model, check: "probe", mark: .failed, trouble: trouble))
            return false
        }
        guard let result = results.first else { return true }
        for item in result.evidence where item.name != "generated" && item.holds != nil {
            let holds = item.holds == true
            try report(
                CheckLine(
                    subject: model, check: item.name, mark: holds ? .passed : .failed,
                    milliseconds: item.name == "reachable" ? result.milliseconds : nil,
                    trouble: holds ? "" : result.trouble))
            // Later evidence depends on this one.
            if !holds { return false }
        }
        return true
    }

    /// Counts planned checks that will not run.
    mutating func skip(_ count: Int) {
        done += count
    }

    mutating func report(_ line: CheckLine) throws(Failure) {
        if line.mark == .failed { hasFailed = true }
        guard !global.json else { return }
        try Output.standardOutput.write(line.render(style, subjectColumns: subjectColumns))
    }

    // MARK: - Requests

    private enum Outcome: ~Copyable {
        case event(Event)
        /// The request failed: the sentence for its line.
        case trouble(String)
    }

    /// Sends one request and returns its terminal event.
    ///
    /// Each request has its own connection, so that a late event of one cannot be taken for an event of the next.
    ///
    /// - Parameter subject: the text of the progress line.
    private func ask(
        _ op: String, _ fields: [UInt8], _ subject: String, onPiece: (borrowing Event) -> Void
    ) throws(Failure) -> Outcome {
        var progress = Progress(.standardError)
        progress.show(subject, done: done, of: total)
        defer { progress.clear() }
        do throws(Failure) {
            let event = try global.connect().exchange(
                op, fields: fields, timeLimit: (global.timeLimit ?? Self.defaultTimeLimit) + Generate.grace,
                idleLimit: progress.isShown ? Progress.interval : nil, onWait: { progress.draw() },
                onEvent: { (event) throws(Failure) in onPiece(event) })
            if global.json { try event.printJSON() }
            return .event(event)
        } catch {
            switch error {
            case .refused(let refusal):
                if global.json { try error.printAnswer() }
                let advice = refusal.code == "timeout" ? "--timeout extends the limit" : refusal.hint
                return .trouble([refusal.message, advice].compactMap(\.self).joined(separator: "; "))
            case .timedOut: return .trouble("\(error.message ?? ""); --timeout extends the limit")
            case .usage, .noDaemon, .notFound, .someFailed, .lost, .unreadable, .inputTimedOut, .interrupted,
                .outputClosed, .outputFailed:
                throw error
            }
        }
    }
}

/// The outcome of one check, as `test` and `verify` print it.
struct CheckLine {
    /// A provider id or a model id.
    var subject: String
    var check: String
    var mark: Mark
    var milliseconds: Double?
    /// The problem and the advice; empty if the check passed.
    var trouble = ""

    /// The width of the longest name, `json_schema`.
    private static let checkColumns = 11
    /// The width of most times, such as `59.9 s`.
    private static let timeColumns = 7

    /// Formats the line; a problem that does not fit beside the rest follows on lines of its own.
    ///
    /// - Parameter subjectColumns: the width of the longest subject of the run.
    func render(_ style: Style, subjectColumns: Int) -> String {
        // The mark, the two fixed columns, and three gaps of two blanks.
        let fixed = 1 + Self.checkColumns + Self.timeColumns + 6
        let width = min(subjectColumns, style.columns.map { max(12, $0 - fixed) } ?? subjectColumns)
        let time = milliseconds.map { Quantity.duration(milliseconds: $0) } ?? ""
        let line = [
            mark.paint(mark.rawValue, style), oneLine(subject).clipped(to: width).padded(to: width),
            check.padded(to: Self.checkColumns), time.padded(to: Self.timeColumns),
        ].joined(separator: "  ")
        let trouble = oneLine(trouble)
        if let columns = style.columns, !trouble.isEmpty, width + fixed + 2 + trouble.columns > columns {
            return ([line.trimmingTrailingBlanks()] + trouble.wrapped(to: columns - 3).map { "   " + $0 })
                .map { $0 + "\n" }.joined()
        }
        return "\(line)  \(trouble)".trimmingTrailingBlanks() + "\n"
    }
}
