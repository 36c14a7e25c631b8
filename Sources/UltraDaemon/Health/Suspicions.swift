internal import UltraAPI

/// A request as evidence about a model or a key: what tells it from another one. Never kept on disk.
struct RequestMark {
    let client: ConcurrencyGate.Client
    /// The client shaped the provider's own request, so that a refusal may be of its making.
    let isShaped: Bool
    /// A hash of what was asked; a long request takes a while.
    let content: () -> Int
}

/// What single requests met. It says something of the model or the key once another request meets the same: until then
/// it is the failure of the one request.
struct Suspicions: Sendable, Equatable {
    private struct Subject: Sendable, Hashable {
        let kind: Kind
        let key: Int
    }

    fileprivate enum Kind: Sendable {
        case key, permission, quota, rate, missing, model
    }

    private struct Sight: Sendable, Equatable {
        let content: Int
        let client: ConcurrencyGate.Client
        let at: Int
    }

    private var sights: [Subject: Sight] = [:]

    /// What was met longer ago has nothing to do with what is met now.
    static let milliseconds = 600_000

    /// Takes in what `request` met; true: another request has met the same.
    /// - Parameter isClientEnough: another client with the same content is another request.
    mutating func confirm(
        _ blame: Blame, key: Int, by request: RequestMark, isClientEnough: Bool, at now: Int
    ) -> Bool {
        guard let kind = Kind(blame) else { return false }
        let subject = Subject(kind: kind, key: key)
        let content = request.content()
        if let known = sights[subject], now - known.at < Self.milliseconds {
            if known.content != content { return true }
            if isClientEnough, known.client != request.client { return true }
        }
        sights[subject] = Sight(content: content, client: request.client, at: now)
        return false
    }

    mutating func clear() {
        if !sights.isEmpty { sights = [:] }
    }
}

extension Suspicions.Kind {
    /// nil: the outcome says nothing of model or key.
    fileprivate init?(_ blame: Blame) {
        switch blame {
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
