/// What `top` knows of a daemon: what it reported last, and what was seen since somebody began to look.
struct TopCounts {
    /// Three rates, a second.
    struct Sample {
        var requests = 0.0
        var failures = 0.0
        var tokens = 0.0
    }

    struct Note {
        var at: Timestamp
        var text: String
    }

    private static let notesKept = 20

    private(set) var status: StatusReport?
    private(set) var samples: [Sample] = []
    private(set) var providers: [String: Activity] = [:]
    private(set) var models: [String: Activity] = [:]
    private(set) var modelStates: [String: String] = [:]
    private(set) var notes: [Note] = []
    /// The model of each request in flight.
    private var inFlight: [Int: String] = [:]
    /// Why there is nothing new; `nil`: there is.
    var trouble: String?

    /// Takes a report, `seconds` after the one before.
    mutating func take(_ report: StatusReport, seconds: Double) {
        if let before = status, before.pid == report.pid, seconds > 0 {
            // Counts of the day begin anew at midnight.
            func rate(_ value: (StatusReport) -> Int?) -> Double {
                guard let now = value(report), let then = value(before) else { return 0 }
                return max(0, Double(now) - Double(then)) / seconds
            }
            samples.append(
                Sample(
                    requests: rate(\.total), failures: rate(\.failed),
                    tokens: rate(\.inputTokensToday) + rate(\.outputTokensToday)))
            if samples.count > Activity.remembered { samples.removeFirst() }
            for name in providers.keys { providers[name]?.tick(seconds: seconds) }
            for name in models.keys { models[name]?.tick(seconds: seconds) }
        }
        status = report
        trouble = nil
    }

    mutating func take(_ snapshot: WatchSnapshot) {
        for model in snapshot.models { modelStates[model.id] = model.state }
        // What was in flight before is not told of again.
        inFlight = [:]
        for name in providers.keys { providers[name]?.forgetInFlight() }
        for name in models.keys { models[name]?.forgetInFlight() }
    }

    mutating func take(_ event: WatchEvent, at now: Timestamp) {
        switch (event.topic, event.phase) {
        case ("health", _):
            if let model = event.model, let state = event.to { modelStates[model] = state }
            let reason = event.reason.map { "  \($0)" } ?? ""
            note("\(event.model ?? event.provider ?? "?")  \(event.from ?? "?") → \(event.to ?? "?")\(reason)", at: now)
        case ("requests", "began"):
            guard let model = event.model, let request = event.request else { return }
            inFlight[request] = model
            models[model, default: Activity()].began(at: now)
            if let provider = Self.provider(of: model) { providers[provider, default: Activity()].began(at: now) }
        case ("requests", "ended"): end(event, at: now)
        default: break
        }
    }

    /// The model that answered need not be the one that was asked: a route, an alias, a fallback.
    private mutating func end(_ event: WatchEvent, at now: Timestamp) {
        let asked = event.request.flatMap { inFlight.removeValue(forKey: $0) }
        guard let model = event.model ?? asked else { return }
        let hasFailed = event.error != nil
        if let asked, asked != model {
            models[asked]?.leave()
            if let provider = Self.provider(of: asked) { providers[provider]?.leave() }
        }
        let wasSeen = asked == model
        models[model, default: Activity()].ended(
            after: event.milliseconds, hasFailed: hasFailed, wasSeen: wasSeen, at: now)
        if let provider = Self.provider(of: model) {
            providers[provider, default: Activity()].ended(
                after: event.milliseconds, hasFailed: hasFailed, wasSeen: wasSeen, at: now)
        }
        if let error = event.error { note("\(model)  \(error)", at: now) }
    }

    private mutating func note(_ text: String, at now: Timestamp) {
        notes.append(Note(at: now, text: text))
        if notes.count > Self.notesKept { notes.removeFirst() }
    }

    private static func provider(of model: String) -> String? {
        model.contains("/") ? model.split(separator: "/").first.map(String.init) : nil
    }
}
