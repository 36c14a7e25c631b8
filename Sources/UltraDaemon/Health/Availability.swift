/// What the registry knows of a model's or a provider's usability; the raw values are the wire's words.
enum Availability: String, Sendable, CaseIterable {
    case available, degraded, loading, unauthorized, unavailable, unknown, disabled
    case rateLimited = "rate_limited"
    case quotaExceeded = "quota_exceeded"
    case needsKey = "needs_key"

    /// Nothing speaks against sending a request there now.
    var isUsable: Bool {
        switch self {
        case .available, .degraded, .loading, .unknown: true
        case .unauthorized, .unavailable, .disabled, .rateLimited, .quotaExceeded, .needsKey: false
        }
    }
}
