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

/// What one provider or model did of late, as its requests tell.
struct Activity {
    /// How many ticks are remembered.
    static let remembered = 300
    /// How many answers the median is of.
    private static let answers = 100

    private(set) var busy = 0
    /// Failures since somebody began to look.
    private(set) var failed = 0
    private(set) var lastAt: Timestamp?
    /// Requests that ended, a second; one value a tick, the latest last.
    private(set) var rates: [Double] = []
    private var endedInTick = 0
    /// Milliseconds.
    private var times: [Double] = []

    mutating func began(at now: Timestamp) {
        busy += 1
        lastAt = now
    }

    /// - Parameter wasSeen: it had begun when somebody was looking.
    mutating func ended(after milliseconds: Double?, hasFailed: Bool, wasSeen: Bool, at now: Timestamp) {
        if wasSeen { leave() }
        if hasFailed { failed += 1 }
        endedInTick += 1
        lastAt = now
        guard !hasFailed, let milliseconds else { return }
        times.append(milliseconds)
        if times.count > Self.answers { times.removeFirst() }
    }

    /// Another one answered what it had begun.
    mutating func leave() {
        busy = max(0, busy - 1)
    }

    /// Nobody knows any more what is in flight.
    mutating func forgetInFlight() {
        busy = 0
    }

    mutating func tick(seconds: Double) {
        rates.append(Double(endedInTick) / max(seconds, 0.001))
        if rates.count > Self.remembered { rates.removeFirst() }
        endedInTick = 0
    }

    /// Requests a second over the last ten ticks.
    var rate: Double {
        let last = rates.suffix(10)
        return last.isEmpty ? 0 : last.reduce(0, +) / Double(last.count)
    }

    var median: Double? {
        times.isEmpty ? nil : times.sorted()[times.count / 2]
    }
}
