import UltraAPI

/// The data of `top`: the last status report, and the requests and events since `top` was started.
struct TopCounts {
    /// Rates per second.
    struct Sample {
        var requests = 0.0
        var failures = 0.0
        var tokens = 0.0
    }

    struct Note {
        var at: Timestamp
        var text: String
    }

    private static let noteLimit = 20

    private(set) var status: StatusReport?
    private(set) var samples: [Sample] = []
    private(set) var providers: [String: Activity] = [:]
    private(set) var models: [String: Activity] = [:]
    private(set) var modelStates: [String: String] = [:]
    private(set) var notes: [Note] = []
    /// The model of each request in flight.
    private var inFlight: [Int: String] = [:]
    /// The reason for which the data is out of date; `nil`: it is current.
    var trouble: String?

    /// Records a report, and the rates since the last one.
    ///
    /// - Parameter seconds: the time since the last report; 0: there is none.
    mutating func record(_ report: StatusReport, seconds: Double) {
        if let before = status, before.pid == report.pid, seconds > 0 {
            // The counts of the day restart at midnight, which would give a negative rate.
            func rate(_ value: (StatusReport) -> Int?) -> Double {
                guard let now = value(report), let then = value(before) else { return 0 }
                return max(0, Double(now) - Double(then)) / seconds
            }
            samples.append(
                Sample(
                    requests: rate(\.requests.total), failures: rate(\.requests.failed),
                    tokens: rate(\.today.inputTokens) + rate(\.today.outputTokens)))
            if samples.count > Activity.tickLimit { samples.removeFirst() }
            for name in providers.keys { providers[name]?.tick(seconds: seconds) }
            for name in models.keys { models[name]?.tick(seconds: seconds) }
        }
        status = report
        trouble = nil
    }

    /// Records the beginning of a subscription.
    mutating func record(_ snapshot: WatchSnapshot) {
        for model in snapshot.data.models { modelStates[model.id] = model.state }
        // Requests that ended between two subscriptions would stay in flight for ever.
        inFlight = [:]
        for name in providers.keys { providers[name]?.forgetInFlight() }
        for name in models.keys { models[name]?.forgetInFlight() }
    }

    /// Records an event of the subscription.
    mutating func record(_ event: WatchEvent, at now: Timestamp) {
        switch event.content {
        case .health(let event):
            if let model = event.model, let state = event.to { modelStates[model] = state }
            let reason = event.reason.map { "  \($0)" } ?? ""
            note("\(event.model ?? event.provider ?? "?")  \(event.from ?? "?") → \(event.to ?? "?")\(reason)", at: now)
        case .requests(let event):
            switch event.phase {
            case .began: begin(event, at: now)
            case .ended(let error, let milliseconds): end(event, error: error, after: milliseconds, at: now)
            case .other: break
            }
        case .registry, .other: break
        }
    }

    private mutating func begin(_ event: RequestEvent, at now: Timestamp) {
        guard let model = event.model, let request = event.request else { return }
        inFlight[request] = model
        models[model, default: Activity()].began(at: now)
        if let provider = Self.provider(of: model) { providers[provider, default: Activity()].began(at: now) }
    }

    /// Records the end of a request. A route, an alias or a fallback may have changed its model since the beginning.
    private mutating func end(
        _ event: RequestEvent, error: String?, after milliseconds: Double?, at now: Timestamp
    ) {
        let asked = event.request.flatMap { inFlight.removeValue(forKey: $0) }
        guard let model = event.model ?? asked else { return }
        let hasFailed = error != nil
        if let asked, asked != model {
            models[asked]?.leave()
            if let provider = Self.provider(of: asked) { providers[provider]?.leave() }
        }
        let wasSeen = asked == model
        models[model, default: Activity()].ended(
            after: milliseconds, hasFailed: hasFailed, wasSeen: wasSeen, at: now)
        if let provider = Self.provider(of: model) {
            providers[provider, default: Activity()].ended(
                after: milliseconds, hasFailed: hasFailed, wasSeen: wasSeen, at: now)
        }
        if let error { note("\(model)  \(error)", at: now) }
    }

    private mutating func note(_ text: String, at now: Timestamp) {
        notes.append(Note(at: now, text: text))
        if notes.count > Self.noteLimit { notes.removeFirst() }
    }

    private static func provider(of model: String) -> String? {
        model.contains("/") ? model.split(separator: "/").first.map(String.init) : nil
    }
}

/// The recent requests of one provider or model.
///
/// A tick is the time between two status reports.
struct Activity {
    /// The number of ticks kept.
    static let tickLimit = 300
    /// The number of answers whose median is taken.
    private static let medianWindow = 100

    /// Requests in flight.
    private(set) var busy = 0
    /// Failures since `top` was started.
    private(set) var failed = 0
    /// The beginning or end of the last request.
    private(set) var lastAt: Timestamp?
    /// Requests that ended, per second; one value for each tick, the latest last.
    private(set) var rates: [Double] = []
    private var endedInTick = 0
    /// Durations of the last successful requests, in milliseconds.
    private var times: [Double] = []

    mutating func began(at now: Timestamp) {
        busy += 1
        lastAt = now
    }

    /// - Parameter wasSeen: true if its beginning was counted here.
    mutating func ended(after milliseconds: Double?, hasFailed: Bool, wasSeen: Bool, at now: Timestamp) {
        if wasSeen { leave() }
        if hasFailed { failed += 1 }
        endedInTick += 1
        lastAt = now
        guard !hasFailed, let milliseconds else { return }
        times.append(milliseconds)
        if times.count > Self.medianWindow { times.removeFirst() }
    }

    /// Uncounts a request in flight: it ended here, or another model answered it.
    mutating func leave() {
        busy = max(0, busy - 1)
    }

    /// Uncounts all requests in flight.
    mutating func forgetInFlight() {
        busy = 0
    }

    /// Ends a tick of this length.
    mutating func tick(seconds: Double) {
        rates.append(Double(endedInTick) / max(seconds, 0.001))
        if rates.count > Self.tickLimit { rates.removeFirst() }
        endedInTick = 0
    }

    /// Requests per second over the last ten ticks.
    var rate: Double {
        let last = rates.suffix(10)
        return last.isEmpty ? 0 : last.reduce(0, +) / Double(last.count)
    }

    /// Median duration in milliseconds; `nil`: no request has succeeded.
    var median: Double? {
        times.isEmpty ? nil : times.sorted()[times.count / 2]
    }
}
