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
    var isLoading = false
    var lastFailure: Failure?
    /// Until when requests with a key (by its number) are refused.
    var rests: [Int: Int] = [:]

    struct Failure: Sendable, Equatable {
        var code: ErrorCode
        var message: String
        var at: Int
    }

    /// How long one failure makes a model that works again look degraded.
    static let degradedMilliseconds = 300_000
    /// How long a key rests, for this model alone, that may not use it: permissions are given without our being told.
    static let forbiddenRestMilliseconds = 300_000

    /// - Parameter askedAt: when the breaker let the request pass; nil: it was not asked.
    mutating func record(
        _ blame: Blame, _ error: UltraError?, key: Int, askedAt: Int? = nil, at now: Int,
        by source: Evidence.Source = .live, _ settings: HealthSettings
    ) {
        switch blame {
        case .none:
            // What was on its way when the provider asked to wait does not end the wait; that a key may use the model
            // after all ends the rest it had for that.
            if authorised.holds == false || !rests(key, at: now) { rests[key] = nil }
            generated = Evidence(true, at: now, by: source)
            authorised = Evidence(true, at: now, by: source)
            if listed.holds != true { listed = Evidence(true, at: now, by: source) }
            breaker.succeeded(at: now, settings)
            isLoading = false
            return
        case .client:
            return breaker.gaveUp(askedAt: askedAt)
        case .host, .key, .quota:
            breaker.gaveUp(askedAt: askedAt)
        case .keyForModel:
            authorised = Evidence(false, at: now, by: source)
            rests[key] = now + Self.forbiddenRestMilliseconds
            breaker.gaveUp(askedAt: askedAt)
        case .rate(let milliseconds):
            if let milliseconds { rests[key] = now + milliseconds }
            breaker.gaveUp(askedAt: askedAt)
        case .missingModel:
            listed = Evidence(false, at: now, by: source)
            breaker.gaveUp(askedAt: askedAt)
        case .model:
            generated = Evidence(false, at: now, by: source)
            isLoading = error?.code == .overloaded && error?.message.contains("oading") == true
            breaker.failed(at: now, askedAt: askedAt, settings)
        }
        if let error { lastFailure = Failure(code: error.code, message: error.message, at: now) }
    }

    func rests(_ key: Int, at now: Int) -> Bool {
        rests[key].map { $0 > now } ?? false
    }

    /// What was seen of single keys holds no more: they are others.
    mutating func forgetKeys() {
        rests = [:]
        authorised = Evidence()
    }

    /// Its provider does not have it. What one request was told is believed no longer than a list.
    func isMissing(at now: Int, _ settings: HealthSettings) -> Bool {
        guard listed.holds == false, let at = listed.at else { return false }
        return listed.source == .probe || now - at < settings.discoveryInterval.wholeMilliseconds
    }

    /// Failed lately, and not given up.
    func isDegraded(at now: Int) -> Bool {
        breaker.openUntil != nil
            || breaker.consecutiveFailures > 0
                && lastFailure.map { now - $0.at < Self.degradedMilliseconds } ?? false
    }
}
