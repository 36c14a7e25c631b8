internal import UltraAPI

/// What one outcome says of whom. Scopes are separate: one bad model never takes down a key, a refused key never the
/// host, and what the client did to itself nobody.
enum Blame: Sendable, Equatable {
    /// It worked: host, key and model.
    case none
    /// The client's own doing: nothing is learned but that the host answered, if it did.
    case client(isReachable: Bool)
    /// No connection.
    case host
    /// The key is refused.
    case key
    /// The key may not use this model.
    case keyForModel
    /// The key has used up what it may, for `milliseconds` if known.
    case quota(milliseconds: Int?)
    /// Too many requests with this key on this model, for `milliseconds` if known.
    case rate(milliseconds: Int?)
    /// The provider has no such model.
    case missingModel
    /// The model fails: errors of the server, answers cut short, nonsense, silence.
    case model

    /// - Parameter isOwnTimeout: the timer that ran out was set by the client.
    init(_ error: UltraError?, isOwnTimeout: Bool = false) {
        guard let error else {
            self = .none
            return
        }
        // A limit of our own, such as that of descriptors.
        if error.provider == "ultrad" {
            self = .client(isReachable: false)
            return
        }
        switch error.code {
        case .connectFailed: self = .host
        case .timeout:
            switch error.timeout {
            case _ where isOwnTimeout: self = .client(isReachable: false)
            case .connect: self = .host
            case .queue: self = .client(isReachable: false)
            // The client does not take what the provider sends.
            case .writeStall: self = .client(isReachable: true)
            case .firstToken, .idle, .total, nil: self = .model
            }
        case .authentication: self = error.status == nil ? .client(isReachable: false) : .key
        case .permissionDenied: self = .keyForModel
        case .quotaExceeded: self = .quota(milliseconds: error.retryAfterMilliseconds)
        case .rateLimited: self = .rate(milliseconds: error.retryAfterMilliseconds)
        case .modelNotFound: self = .missingModel
        case .overloaded, .upstreamError, .upstreamProtocol, .streamTruncated: self = .model
        case .invalidFrame, .invalidRequest, .noModelAvailable, .capabilityMissing, .contextLength, .contentFiltered,
            .badRequest, .cancelled, .shuttingDown, .tooLarge, .fellBehind, .internal:
            self = .client(isReachable: error.status != nil)
        }
    }
}
