internal import UltraAPI

/// The part of the system that a request's outcome is evidence about. Scopes are separate: a failing model does not
/// affect the key, a rejected key does not affect the host, and a client's own mistake affects nothing.
enum FailureScope: Sendable, Equatable {
    /// Success: host, key and model work.
    case none
    /// The client caused the failure. `isReachable`: the outcome still shows that the host answered.
    case client(isReachable: Bool)
    /// The connection failed.
    case host
    /// A server on this machine refused the connection: it is not running. The breaker stays closed, since another
    /// attempt costs nothing.
    case absentServer
    /// The provider rejected the key.
    case key
    /// The key is valid but not permitted to use this model.
    case keyForModel
    /// The key's quota is exhausted, for `milliseconds`; nil: the provider names no time.
    case quota(milliseconds: Int?)
    /// The rate limit of this key for this model is reached, for `milliseconds`; nil: the provider names no time.
    case rate(milliseconds: Int?)
    /// The provider has no such model.
    case missingModel
    /// The model failed: a server error, a truncated or malformed reply, or a timeout.
    case model

    /// The scope of a single outcome, before it is compared with other requests (see `confirmed`).
    /// - Parameters:
    ///   - error: nil: the request succeeded.
    ///   - isOwnTimeout: true if the client set the timeout that expired.
    ///   - isOnThisMachine: true if the provider's server runs on this machine.
    init(_ error: UltraError?, isOwnTimeout: Bool = false, isOnThisMachine: Bool = false) {
        guard let error else {
            self = .none
            return
        }
        // A limit of the daemon, such as file descriptors.
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
            // The client does not read its answer.
            case .writeStall: self = .client(isReachable: true)
            case .firstToken, .idle, .total, nil: self = .model
            }
        case .authentication: self = error.status == nil ? .client(isReachable: false) : .key
        case .permissionDenied: self = .keyForModel
        case .quotaExceeded: self = .quota(milliseconds: error.retryAfterMilliseconds)
        case .rateLimited: self = .rate(milliseconds: error.retryAfterMilliseconds)
        case .modelNotFound: self = .missingModel
        // A redirect means that the endpoint is configured wrong.
        case .upstreamProtocol where 300...399 ~= error.status ?? 0: self = .client(isReachable: true)
        case .overloaded, .upstreamError, .upstreamProtocol, .streamTruncated: self = .model
        case .invalidFrame, .invalidRequest, .noModelAvailable, .capabilityMissing, .contextLength, .contentFiltered,
            .badRequest, .cancelled, .shuttingDown, .tooLarge, .fellBehind, .internal:
            self = .client(isReachable: error.status != nil)
        }
    }

    /// True if the failure is recorded as the provider's and the model's last failure.
    var isRecorded: Bool {
        switch self {
        case .none, .client: false
        case .host, .absentServer, .key, .keyForModel, .quota, .rate, .missingModel, .model: true
        }
    }

    /// The scope of a live failure, given the request that failed and the earlier failures of other requests.
    ///
    /// 1. A request with provider options set by the client is evidence about the connection only.
    /// 2. A 403 is evidence about key or model only with a provider code for permission, billing or region.
    /// 3. 400, 403, 413 and 422 are evidence only after a request with different content failed the same way.
    /// 4. A missing model that the provider lists needs a second request too, or a list without it.
    /// - Parameter model: records the failure as a suspicion until another request confirms it.
    /// - Returns: this scope, or `.client` if the failure is not yet evidence about anything else.
    func confirmed(
        _ error: UltraError, by request: RequestMark, of model: inout ModelHealth, key: Int, at now: Int
    ) -> FailureScope {
        let requestOnly = FailureScope.client(isReachable: error.status != nil)
        switch self {
        case .none, .client, .host, .absentServer: return self
        case .key, .keyForModel, .quota, .rate, .missingModel, .model: break
        }
        if request.isShaped { return requestOnly }
        if error.status == 403, !Self.isAccountCode(error.providerCode) { return requestOnly }
        let isMissing = self == .missingModel
        let needsSecond = Self.isRequestStatus(error.status) || isMissing && model.isCertainlyListed
        guard needsSecond else { return self }
        let isConfirmed = model.suspicions.confirm(self, key: key, by: request, isClientEnough: isMissing, at: now)
        return isConfirmed ? self : requestOnly
    }

    /// True for statuses with which a provider rejects the content of one request.
    private static func isRequestStatus(_ status: Int?) -> Bool {
        switch status {
        case 400, 403, 413, 422: true
        default: false
        }
    }

    /// True if a provider's error code describes the account or its permissions rather than one request.
    private static func isAccountCode(_ code: String?) -> Bool {
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

/// The identity of a request, to tell whether two failures come from different requests. Kept in memory only.
struct RequestMark {
    let client: ConcurrencyGate.Client
    /// True if the client set provider options for this provider, which may be the reason for a rejection.
    let isShaped: Bool
    /// Returns a hash of the request's content; takes time in proportion to the request's length.
    let content: () -> Int
}

/// Failures of single requests that are not yet evidence about a model or a key. A different request that fails the
/// same way confirms one.
struct Suspicions: Sendable, Equatable {
    private struct Subject: Sendable, Hashable {
        let kind: Kind
        let key: Int
    }

    fileprivate enum Kind: Sendable {
        case key, permission, quota, rate, missing, model
    }

    private struct Sighting: Sendable, Equatable {
        let content: Int
        let client: ConcurrencyGate.Client
        let at: Int
    }

    private var sightings: [Subject: Sighting] = [:]

    /// Two failures confirm each other only within this time.
    static let milliseconds = 600_000

    /// Records the failure of `request`.
    /// - Parameter isClientEnough: true if the same content from another client counts as a different request.
    /// - Returns: true if a different request failed the same way within `milliseconds`.
    mutating func confirm(
        _ scope: FailureScope, key: Int, by request: RequestMark, isClientEnough: Bool, at now: Int
    ) -> Bool {
        guard let kind = Kind(scope) else { return false }
        let subject = Subject(kind: kind, key: key)
        let content = request.content()
        if let known = sightings[subject], now - known.at < Self.milliseconds {
            if known.content != content { return true }
            if isClientEnough, known.client != request.client { return true }
        }
        sightings[subject] = Sighting(content: content, client: request.client, at: now)
        return false
    }

    mutating func clear() {
        if !sightings.isEmpty { sightings = [:] }
    }
}

extension Suspicions.Kind {
    /// nil: the outcome is not evidence about a model or a key.
    fileprivate init?(_ scope: FailureScope) {
        switch scope {
        case .key: self = .key
        case .keyForModel: self = .permission
        case .quota: self = .quota
        case .rate: self = .rate
        case .missingModel: self = .missing
        case .model: self = .model
        case .none, .client, .host, .absentServer: return nil
        }
    }
}
