/// One line on a terminal that says what the request is waiting for and for how long; nothing elsewhere.
struct Progress {
    /// How often the line is drawn again.
    static let interval: Duration = .milliseconds(100)
    /// A quick answer needs no progress.
    private static let patience: Duration = .milliseconds(400)

    private let output: Output
    private let style: Style
    private let start = ContinuousClock.now
    private var phase: String
    private var isDrawn = false

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

    /// Draws the line with the time since the start.
    mutating func draw() {
        let elapsed = start.duration(to: .now)
        guard isShown, elapsed >= Self.patience else { return }
        let seconds = Quantity.fixed(Double(elapsed.milliseconds) / 1000, 1)
        let line = "\(oneLine(phase))  \(seconds) s".clipped(to: (output.width ?? 80) - 1)
        show("\r\u{1B}[K\(style.dim(line))")
        isDrawn = true
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
