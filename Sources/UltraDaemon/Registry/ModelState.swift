internal import UltraAPI
internal import UltraProviders

/// What the registry knows of a model's usability; the raw values are the wire's words.
enum Availability: String, Sendable {
    case available, degraded, loading, unauthorized, unavailable, unknown, disabled
    case rateLimited = "rate_limited"
    case needsKey = "needs_key"
}

/// One thing known from observation: whether it holds, since when, and who saw it.
struct Evidence: Sendable, Equatable {
    enum Source: String, Sendable {
        case probe, live
    }

    /// nil: nobody has looked yet.
    var holds: Bool?
    /// Seconds since 1970.
    var at: Int?
    var source: Source?

    init() {}

    init(_ holds: Bool, at: Int, by source: Source) {
        self.holds = holds
        self.at = at
        self.source = source
    }
}

/// What was seen of a provider's host and key.
struct ProviderEvidence: Sendable, Equatable {
    var reachable = Evidence()
    var authorised = Evidence()

    init() {}

    /// Takes in the outcome of one call: nil is success.
    mutating func record(_ error: UltraError?, at seconds: Int, by source: Evidence.Source) {
        guard let error else {
            reachable = Evidence(true, at: seconds, by: source)
            authorised = Evidence(true, at: seconds, by: source)
            return
        }
        switch error.code {
        case .connectFailed, .timeout:
            reachable = Evidence(false, at: seconds, by: source)
        case .authentication:
            reachable = Evidence(true, at: seconds, by: source)
            authorised = Evidence(false, at: seconds, by: source)
        case .cancelled, .internal, .invalidRequest, .capabilityMissing:
            break
        default:
            if error.status != nil { reachable = Evidence(true, at: seconds, by: source) }
        }
    }

    /// Derived, never stored.
    var availability: Availability {
        if authorised.holds == false { return .unauthorized }
        if reachable.holds == false { return .unavailable }
        return reachable.holds == true ? .available : .unknown
    }
}
