import UltraAPI
import libultra

/// Runs checks one after the other and prints what became of each as soon as it is known.
struct Checkup {
    /// How long one answer may take, unless `--timeout` says otherwise.
    static let patience: Duration = .seconds(60)

    let global: GlobalOptions
    /// Width of the longest provider or model.
    let subjectColumns: Int
    private(set) var hasFailed = false
    /// Checks to come in all, for the bar; a plan may turn out shorter.
    let total: Int
    private(set) var done = 0
    /// Longest answer in tokens; `nil`: as `Check` has it.
    private let tokenLimit: Int?
    private let style = Style(for: .standardOutput)

    init(_ global: GlobalOptions, subjects: [String], total: Int, tokenLimit: Int? = nil) {
        self.global = global
        self.total = total
        self.tokenLimit = tokenLimit
        subjectColumns = subjects.reduce(0) { max($0, $1.columns) }
    }

    /// Tries a model.
    ///
    /// - Throws: only what ends the whole run; a check that fails is a line.
    mutating func run(_ check: Check, of asked: ModelReport) throws(Failure) {
        let model = asked.id
        let tokenLimit = tokenLimit ?? Check.tokenLimit(of: asked)
        let start = ContinuousClock.now
        let limit = global.timeLimit ?? Self.patience
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
                ? "it was cut at \(tokenLimit) tokens (--max-tokens)" : nil
            try report(
                CheckLine(
                    subject: model, check: check.rawValue, mark: complaint == nil ? .well : .failed,
                    milliseconds: milliseconds,
                    trouble: [complaint, cut].compactMap(\.self).joined(separator: "; ")))
        case .trouble(let trouble):
            try report(
                CheckLine(
                    subject: model, check: check.rawValue, mark: .failed, milliseconds: milliseconds, trouble: trouble))
        }
    }

    /// Looks whether a model can be reached, takes our key and is listed. Returns whether it is worth asking.
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
            let isWell = item.holds == true
            try report(
                CheckLine(
                    subject: model, check: item.name, mark: isWell ? .well : .failed,
                    milliseconds: item.name == "reachable" ? result.milliseconds : nil,
                    trouble: isWell ? "" : result.trouble))
            // What follows cannot be known, or would say the same.
            if !isWell { return false }
        }
        return true
    }

    /// `count` checks of the plan will not take place.
    mutating func skip(_ count: Int) {
        done += count
    }

    mutating func report(_ line: CheckLine) throws(Failure) {
        if line.mark == .failed { hasFailed = true }
        guard !global.json else { return }
        try Output.standardOutput.write(line.render(style, subjectColumns: subjectColumns))
    }

    // MARK: - Asking

    private enum Reply: ~Copyable {
        case event(Event)
        case trouble(String)
    }

    /// A request on a connection of its own: what is late on one must not answer the next.
    private func ask(
        _ op: String, _ fields: [UInt8], _ what: String, onPiece: (borrowing Event) -> Void
    ) throws(Failure) -> Reply {
        var progress = Progress(.standardError)
        progress.say(what, done: done, of: total)
        defer { progress.clear() }
        do throws(Failure) {
            let event = try global.connect().exchange(
                op, fields: fields, timeLimit: (global.timeLimit ?? Self.patience) + Generate.grace,
                idleLimit: progress.isShown ? Progress.interval : nil, onWait: { progress.draw() },
                onEvent: { (event) throws(Failure) in onPiece(event) })
            if global.json { try event.printJSON() }
            return .event(event)
        } catch {
            switch error {
            case .refused(let refusal):
                if global.json { try error.printAnswer() }
                let advice = refusal.code == "timeout" ? "--timeout gives it longer" : refusal.hint
                return .trouble([refusal.message, advice].compactMap(\.self).joined(separator: "; "))
            case .timedOut: return .trouble("\(error.message ?? ""); --timeout gives it longer")
            case .usage, .noDaemon, .notFound, .someFailed, .lost, .unreadable, .inputTimedOut, .interrupted,
                .outputClosed, .outputFailed:
                throw error
            }
        }
    }
}

/// What became of one check.
struct CheckLine {
    /// A provider or a model.
    var subject: String
    var check: String
    var mark: Mark
    var milliseconds: Double?
    /// What went wrong or is missing, and what to do about it.
    var trouble = ""

    /// The longest name of a check: that of `json_schema`.
    private static let checkColumns = 11
    /// Most times: `812 ms`, `59.9 s`.
    private static let timeColumns = 7

    /// One line; the trouble goes below it where it does not fit beside the rest.
    ///
    /// - Parameter subjectColumns: the width of the longest subject of the run.
    func render(_ style: Style, subjectColumns: Int) -> String {
        // The mark, and two blanks between each two.
        let rest = 1 + Self.checkColumns + Self.timeColumns + 6
        let width = min(subjectColumns, style.columns.map { max(12, $0 - rest) } ?? subjectColumns)
        let time = milliseconds.map { Quantity.duration(milliseconds: $0) } ?? ""
        let line = [
            mark.paint(mark.rawValue, style), oneLine(subject).clipped(to: width).padded(to: width),
            check.padded(to: Self.checkColumns), time.padded(to: Self.timeColumns),
        ].joined(separator: "  ")
        let trouble = oneLine(trouble)
        if let columns = style.columns, !trouble.isEmpty, width + rest + 2 + trouble.columns > columns {
            return ([line.trimmingTrailingBlanks()] + trouble.wrapped(to: columns - 3).map { "   " + $0 })
                .map { $0 + "\n" }.joined()
        }
        return "\(line)  \(trouble)".trimmingTrailingBlanks() + "\n"
    }
}
