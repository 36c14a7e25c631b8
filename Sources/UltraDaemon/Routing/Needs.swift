internal import UltraAPI
internal import UltraProviders

/// What a request cannot do without; wishes that may be dropped with a warning are not among it.
struct Needs: Sendable, Equatable {
    var capabilities: Set<Capability>

    init(_ request: Request) {
        capabilities = [.chat]
        if !request.tools.isEmpty { capabilities.insert(.tools) }
        if request.messages.contains(where: { $0.parts.contains(where: \.isImage) }) { capabilities.insert(.vision) }
        switch request.responseFormat {
        case .text: break
        case .json: capabilities.insert(.json)
        case .schema: capabilities.insert(.jsonSchema)
        }
    }

    /// Whatever it can do.
    static let nothing = Needs(capabilities: [])

    private init(capabilities: Set<Capability>) {
        self.capabilities = capabilities
    }

    init(_ request: EmbedRequest) {
        capabilities = [.embeddings]
    }

    /// Whether `known` lacks nothing; nobody knows: it may.
    func areMet(by known: Set<Capability>?) -> Bool {
        guard let known else { return true }
        return capabilities.allSatisfy { known.contains($0) || Self.isImplied($0, by: known) }
    }

    private static func isImplied(_ capability: Capability, by known: Set<Capability>) -> Bool {
        switch capability {
        // Whoever can follow a schema can write JSON.
        case .json: known.contains(.jsonSchema)
        // Lists that tell single capabilities often leave out the obvious one.
        case .chat: !known.contains(.embeddings)
        default: false
        }
    }

    /// What `known` lacks, by the wire's words, sorted; empty where nobody knows.
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
