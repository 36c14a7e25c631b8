/// One line on a terminal that says what the request is waiting for and for how long; nothing elsewhere.
struct Progress {
    /// How often the line is drawn again.
    static let interval: Duration = .milliseconds(100)
    /// A quick answer needs no progress.
    private static let patience: Duration = .milliseconds(400)
    /// No provider says how many tokens have come before it is done; most languages have some four bytes a token.
    private static let bytesPerToken = 4
    private static let gaugeColumns = 20

    private let output: Output
    private let style: Style
    private let start = ContinuousClock.now
    private var phase: String
    private var share: (done: Int, of: Int)?
    private var isDrawn = false
    private var receivedBytes = 0
    private var firstPieceAt: ContinuousClock.Instant?

    init(_ output: Output, _ phase: String = "sending") {
        self.output = output
        self.phase = phase
        style = Style(for: output)
    }

    var isShown: Bool { output.isTerminal }

    /// Takes a `progress` event.
    mutating func update(_ event: borrowing Event) {
        guard let name = event.string("phase") else { return }
        phase = name.split(separator: "_").joined(separator: " ")
        if let attempt = event.integer("attempt"), attempt > 1 { phase += ", attempt \(attempt)" }
        if let pause = event.integer("retry_in_ms") { phase += " in \(Quantity.duration(milliseconds: Double(pause)))" }
    }

    mutating func say(_ phase: String) {
        self.phase = phase
    }

    /// So much of the whole is done: a bar.
    mutating func say(_ phase: String, done: Int, of count: Int) {
        self.phase = phase
        share = (done, count)
    }

    /// Counts a piece of an answer, for the speed.
    mutating func count(bytes: Int) {
        if firstPieceAt == nil { firstPieceAt = .now }
        receivedBytes += bytes
    }

    /// Draws the line with the time since the start.
    mutating func draw() {
        guard isShown, start.duration(to: .now) >= Self.patience || share != nil else { return }
        show("\r\u{1B}[K\(style.dim(line(at: .now).clipped(to: (output.width ?? 80) - 1)))")
        isDrawn = true
    }

    /// `██░░  3/12  streaming  4.2 s, about 180 tokens, 42.9 tokens/s`.
    func line(at now: ContinuousClock.Instant) -> String {
        var parts: [String] = []
        if let share {
            let gauge = Graph.gauge(Double(share.done) / Double(max(1, share.of)), columns: Self.gaugeColumns)
            parts.append("\(gauge)  \(share.done)/\(share.of)")
        }
        var facts = ["\(Quantity.fixed(Double(start.duration(to: now).milliseconds) / 1000, 1)) s"]
        if let firstPieceAt, receivedBytes > 0 {
            let tokens = max(1, receivedBytes / Self.bytesPerToken)
            facts.append("about \(Quantity.count(tokens)) tokens")
            let seconds = Double(firstPieceAt.duration(to: now).milliseconds) / 1000
            if seconds >= 0.5 { facts.append("\(Quantity.fixed(Double(tokens) / seconds, 1)) tokens/s") }
        }
        return (parts + [oneLine(phase), facts.joined(separator: ", ")]).joined(separator: "  ")
    }

    /// Takes the line away.
    mutating func clear() {
        guard isDrawn else { return }
        show("\r\u{1B}[K")
        isDrawn = false
    }

    private func show(_ text: String) {
        try? output.write(text)  // An ornament: ignoring.
    }
}
