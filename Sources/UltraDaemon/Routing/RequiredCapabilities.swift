internal import UltraAPI
internal import UltraProviders

/// The capabilities that a model must have to answer a request. Features that are dropped with a warning are not
/// included.
struct RequiredCapabilities: Sendable, Equatable {
    var capabilities: Set<Capability>

    init(_ request: borrowing Request) {
        capabilities = Self.chat
        if !request.tools.isEmpty { capabilities.insert(.tools) }
        if request.messages.contains(where: { $0.parts.contains(where: \.isImage) }) { capabilities.insert(.vision) }
        switch request.responseFormat {
        case .text: break
        case .json: capabilities.insert(.json)
        case .schema: capabilities.insert(.jsonSchema)
        }
    }

    private static let chat: Set<Capability> = [.chat]

    static let none = RequiredCapabilities(capabilities: [])

    private init(capabilities: Set<Capability>) {
        self.capabilities = capabilities
    }

    init(_ request: EmbedRequest) {
        capabilities = [.embeddings]
    }

    /// True if `known` includes every required capability, or is nil because the model's capabilities are unknown.
    func areMet(by known: Set<Capability>?) -> Bool {
        guard let known else { return true }
        return capabilities.allSatisfy { known.contains($0) || Self.isImplied($0, by: known) }
    }

    private static func isImplied(_ capability: Capability, by known: Set<Capability>) -> Bool {
        switch capability {
        // A model that follows a schema can write JSON.
        case .json: known.contains(.jsonSchema)
        // Providers' lists often leave out the capability `chat`.
        case .chat: !known.contains(.embeddings)
        default: false
        }
    }

    /// The protocol's names of the required capabilities that `known` lacks, sorted; empty if `known` is nil.
    func missing(from known: Set<Capability>?) -> [String] {
        guard let known else { return [] }
        return capabilities.filter { !known.contains($0) && !Self.isImplied($0, by: known) }.map(\.rawValue).sorted()
    }
}

extension Part {
    fileprivate var isImage: Bool {
        switch self {
        case .imageURL, .imageData: true
        case .text, .document, .reasoning, .cacheMarker: false
        }
    }
}
