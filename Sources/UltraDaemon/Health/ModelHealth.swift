internal import UltraAPI

/// What was seen of one model. Pure; times are milliseconds since 1970 of one steady clock.
struct ModelHealth: Sendable, Equatable {
    var listed = Evidence()
    var generated = Evidence()
    /// The key may not use this model although it is valid.
    var authorised = Evidence()
    var breaker = Breaker()
    var latency = Latency()
    /// Its server says that it is being loaded.
    private(set) var isLoading = false
    private(set) var lastFailure: Failure?
    /// Until when requests with a key (by its number) are refused.
    private(set) var rests: [Int: Int] = [:]

    struct Failure: Sendable, Equatable {
        var code: ErrorCode
        var message: String
        var at: Int
    }

    /// How long one failure makes a model that works again look degraded.
    static let degradedMilliseconds = 300_000

    mutating func record(_ blame: Blame, _ error: UltraError?, key: Int, at now: Int, _ settings: HealthSettings) {
        switch blame {
        case .none:
            generated = Evidence(true, at: now, by: .live)
            authorised = Evidence(true, at: now, by: .live)
            if listed.holds != true { listed = Evidence(true, at: now, by: .live) }
            breaker.succeeded(at: now, settings)
            rests[key] = nil
            isLoading = false
            return
        case .client:
            return breaker.gaveUp()
        case .host, .key, .quota:
            breaker.gaveUp()
        case .keyForModel:
            authorised = Evidence(false, at: now, by: .live)
            breaker.gaveUp()
        case .rate(let milliseconds):
            if let milliseconds { rests[key] = now + milliseconds }
            breaker.gaveUp()
        case .missingModel:
            listed = Evidence(false, at: now, by: .live)
            breaker.gaveUp()
        case .model:
            generated = Evidence(false, at: now, by: .live)
            isLoading = error?.code == .overloaded && error?.message.contains("oading") == true
            breaker.failed(at: now, settings)
        }
        if let error { lastFailure = Failure(code: error.code, message: error.message, at: now) }
    }

    /// Its server was asked, and says that it is being loaded, or that it is not.
    mutating func loads(_ isLoading: Bool) {
        self.isLoading = isLoading
    }

    mutating func rest(key: Int, until: Int) {
        rests[key] = until
    }

    func rests(_ key: Int, at now: Int) -> Bool {
        rests[key].map { $0 > now } ?? false
    }

    /// Failed lately, and not given up.
    func isDegraded(at now: Int) -> Bool {
        breaker.openUntil != nil
            || breaker.consecutiveFailures > 0
                && lastFailure.map { now - $0.at < Self.degradedMilliseconds } ?? false
    }
}
