/// A line on a terminal with the phase of a request and the time since its start; draws nothing elsewhere.
struct Progress {
    /// The time between two updates of the line.
    static let interval: Duration = .milliseconds(100)
    /// The line appears after this time, so that a quick answer shows none.
    private static let delay: Duration = .milliseconds(400)
    /// An estimate, because providers report the number of tokens only at the end.
    private static let bytesPerToken = 4
    private static let gaugeColumns = 20

    private let output: Output
    private let style: Style
    private let start = ContinuousClock.now
    private var phase: String
    /// The filled part of the bar; `nil`: no bar.
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

    /// Shows the phase of a `progress` event.
    mutating func update(_ event: borrowing Event) {
        guard let name = event.string("phase") else { return }
        phase = name.split(separator: "_").joined(separator: " ")
        if let attempt = event.integer("attempt"), attempt > 1 { phase += ", attempt \(attempt)" }
        if let pause = event.integer("retry_in_ms") { phase += " in \(Quantity.duration(milliseconds: Double(pause)))" }
    }

    mutating func show(_ phase: String) {
        self.phase = phase
    }

    /// Shows a phase and a bar.
    mutating func show(_ phase: String, done: Int, of count: Int) {
        self.phase = phase
        share = (done, count)
    }

    /// Counts bytes of the answer, for the estimated tokens and tokens per second.
    mutating func count(bytes: Int) {
        if firstPieceAt == nil { firstPieceAt = .now }
        receivedBytes += bytes
    }

    /// Draws or updates the line.
    mutating func draw() {
        guard isShown, start.duration(to: .now) >= Self.delay || share != nil else { return }
        write("\r\u{1B}[K\(style.dim(line(at: .now).clipped(to: (output.width ?? 80) - 1)))")
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

    /// Erases the line.
    mutating func clear() {
        guard isDrawn else { return }
        write("\r\u{1B}[K")
        isDrawn = false
    }

    private func write(_ text: String) {
        try? output.write(text)  // The answer does not depend on the progress line: ignoring.
    }
}
