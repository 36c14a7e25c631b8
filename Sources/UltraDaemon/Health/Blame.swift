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
    /// A server of this machine does not listen: it is not running. A try costs nothing, so the next request may ask.
    case absentServer
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

    /// - Parameters:
    ///   - isOwnTimeout: the timer that ran out was set by the client.
    ///   - isOnThisMachine: the provider's address is one of this machine's.
    init(_ error: UltraError?, isOwnTimeout: Bool = false, isOnThisMachine: Bool = false) {
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
        case .connectFailed: self = error.isConnectionRefused && isOnThisMachine ? .absentServer : .host
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
        // A redirection: the endpoint is set wrong.
        case .upstreamProtocol where 300...399 ~= error.status ?? 0: self = .client(isReachable: true)
        case .overloaded, .upstreamError, .upstreamProtocol, .streamTruncated: self = .model
        case .invalidFrame, .invalidRequest, .noModelAvailable, .capabilityMissing, .contextLength, .contentFiltered,
            .badRequest, .cancelled, .shuttingDown, .tooLarge, .fellBehind, .internal:
            self = .client(isReachable: error.status != nil)
        }
    }

    /// It is written down as the last failure of those it concerns.
    var isKept: Bool {
        switch self {
        case .none, .client: false
        case .host, .absentServer, .key, .keyForModel, .quota, .rate, .missingModel, .model: true
        }
    }

    /// What a live failure says once it is known whose request it was and what others met.
    ///
    /// 1. A request that its client shaped blames nobody but the connection.
    /// 2. A 403 concerns everybody only in the provider's own word for permission, billing or region.
    /// 3. 400, 403, 413 and 422 say nothing before a request of different content meets the same.
    /// 4. That a listed model is missing takes a second request too, or a list without it.
    /// - Parameter model: takes note of what the request met.
    func judged(
        _ error: UltraError, by request: RequestMark, of model: inout ModelHealth, key: Int, at now: Int
    ) -> Blame {
        let excuse = Blame.client(isReachable: error.status != nil)
        switch self {
        case .none, .client, .host, .absentServer: return self
        case .key, .keyForModel, .quota, .rate, .missingModel, .model: break
        }
        if request.isShaped { return excuse }
        if error.status == 403, !Self.isProvidersWord(error.providerCode) { return excuse }
        let isMissing = self == .missingModel
        let needsSecond = Self.isOfTheRequest(error.status) || isMissing && model.isSurelyListed
        guard needsSecond else { return self }
        let isConfirmed = model.suspicions.confirm(self, key: key, by: request, isClientEnough: isMissing, at: now)
        return isConfirmed ? self : excuse
    }

    /// Statuses by which a provider judges one request.
    private static func isOfTheRequest(_ status: Int?) -> Bool {
        switch status {
        case 400, 403, 413, 422: true
        default: false
        }
    }

    /// Whether a provider's code speaks of the account or of what it may use, rather than of a request.
    private static func isProvidersWord(_ code: String?) -> Bool {
        guard let code else { return false }
        return accountCodes.contains(code.lowercased())
    }

    private static let accountCodes: Set<String> = [
        "permission_error", "permission_denied", "unsupported_country_region_territory", "insufficient_permissions",
        "insufficient_quota", "billing_error", "billing_not_active", "billing_hard_limit_reached",
        "credit_balance_exhausted", "account_deactivated", "access_terminated", "model_not_found",
        "invalid_api_key", "api_key_invalid", "authentication_error", "unauthenticated",
    ]
}
