internal import UltraDialects

/// The resources of Ollama's API; the raw value is the path after `/api/`.
enum OllamaPath: String, Sendable, CaseIterable {
    case chat, generate, embed, embeddings, tags, show, ps, version, pull

    var isQuestion: Bool {
        switch self {
        case .tags, .ps, .version: true
        case .chat, .generate, .embed, .embeddings, .show, .pull: false
        }
    }

    /// True for the paths that manage model files, which the door does not serve.
    static func isOfFiles(_ path: Substring) -> Bool {
        ["push", "create", "copy", "delete"].contains(String(path)) || path.hasPrefix("blobs/")
    }
}

/// The resources of the HTTP door; ultra-http(7), PATHS.
enum HTTPRoute: Sendable, Equatable {
    /// An OPTIONS request, with the value of `Allow`.
    case options(String)
    case root, health, metrics
    case chatCompletions, embeddings
    case responses, inputTokens
    /// The predecessor of Chat Completions, which is refused.
    case completions
    case messages, countTokens
    case ollama(OllamaPath)
    case ultra(OperationPath)
    case models
    /// The model's id, decoded.
    case model(String)

    /// - Parameter path: The path as sent. Since base URLs are often configured wrongly, `/v1` may be missing or doubled,
    ///   `/openai`, `/anthropic` or `/ollama` may precede it, and one trailing `/` is ignored. Nothing else is normalised.
    init?(_ path: String) {
        var rest = Substring(path)
        if rest.utf8.count > 1, rest.hasSuffix("/") { rest = rest.dropLast() }
        switch rest {
        case "/": self = .root
        case "/health", "/healthz": self = .health
        case "/metrics": self = .metrics
        case _ where rest.hasPrefix(Self.ownPrefix):
            guard let path = OperationPath(rawValue: String(rest.dropFirst(Self.ownPrefix.count))) else { return nil }
            self = .ultra(path)
        default:
            rest = rest.droppingFamily.droppingPrefix("/v1").droppingPrefix("/v1")
            if let path = rest.afterAPI {
                guard let path = OllamaPath(rawValue: String(path)) else { return nil }
                self = .ollama(path)
                return
            }
            switch rest {
            case "/chat/completions": self = .chatCompletions
            case "/responses": self = .responses
            case "/responses/input_tokens": self = .inputTokens
            case "/completions": self = .completions
            case "/messages": self = .messages
            case "/messages/count_tokens": self = .countTokens
            case "/embeddings": self = .embeddings
            case "/models": self = .models
            default:
                guard rest.hasPrefix("/models/"), let id = Self.decoded(rest.dropFirst(8)), !id.isEmpty else {
                    return nil
                }
                self = .model(id)
            }
        }
    }

    /// Precedes the paths of Ultra's own operations.
    private static let ownPrefix = "/ultra/v1/"

    /// The resource that a request asks for.
    ///
    /// - Throws: 403 for a request from a web page, 404 for an unknown path, 405 for a wrong method.
    static func of(_ head: HTTPRequestHead) throws(HTTPRefusal) -> HTTPRoute {
        try refuseBrowsers(head)
        guard head.path != "*" else { return .options(HTTPRequestHead.Method.all) }
        guard let route = HTTPRoute(head.path) else {
            if let path = Substring(head.path).droppingFamily.afterAPI, OllamaPath.isOfFiles(path) {
                throw HTTPRefusal(501, "ultrad keeps no models: use ollama itself")
            }
            throw notFound(form(of: head))
        }
        let allowed = (route.methods + [.options]).map(\.rawValue).joined(separator: ", ")
        if head.method == .options { return .options(allowed) }
        guard route.methods.contains(head.method) else {
            throw HTTPRefusal(405, "this path is served to \(allowed) only", allowed: allowed)
        }
        return route
    }

    /// Refuses requests from web pages: any page that a user opens could send some. Browsers mark them with these fields
    /// (Fetch Standard, section 3.2; Fetch Metadata, section 2).
    private static func refuseBrowsers(_ head: HTTPRequestHead) throws(HTTPRefusal) {
        guard head["origin"] == nil else {
            throw HTTPRefusal(403, "requests from web pages are not allowed")
        }
        if let site = head["sec-fetch-site"]?.lowercased(), site == "cross-site" || site == "same-site" {
            throw HTTPRefusal(403, "requests from web pages are not allowed")
        }
    }

    /// The methods of the resource; HEAD is answered like GET, without the body.
    private var methods: [HTTPRequestHead.Method] {
        switch self {
        case .ollama(let path): path.isQuestion ? [.get, .head] : [.post]
        case .ultra(let path): path.isQuestion ? [.get, .head] : [.post]
        case .root, .health, .metrics, .models, .model: [.get, .head]
        case .chatCompletions, .responses, .inputTokens, .completions, .embeddings, .messages, .countTokens: [.post]
        case .options: []
        }
    }

    private static func notFound(_ form: ErrorForm) -> HTTPRefusal {
        let served =
            switch form {
            case .openAI: "POST /v1/chat/completions, POST /v1/responses, POST /v1/embeddings, GET /v1/models"
            case .anthropic: "POST /v1/messages, POST /v1/messages/count_tokens, GET /v1/models"
            case .ollama: "POST /api/chat, POST /api/generate, POST /api/embed, GET /api/tags"
            case .ultra:
                OperationPath.allCases.map { ($0.isQuestion ? "GET " : "POST ") + ownPrefix + $0.rawValue }
                    .joined(separator: ", ")
            }
        return HTTPRefusal(404, "there is nothing at this path; ultrad serves \(served), GET /health and GET /metrics")
    }

    /// The dialect of a request by its path, even an unknown one. The list of models has two dialects, told apart by a
    /// header field of Anthropic's clients.
    static func form(of head: HTTPRequestHead) -> ErrorForm {
        var rest = Substring(head.path)
        if rest.hasPrefix("/anthropic/") { return .anthropic }
        if rest.hasPrefix("/ollama/") { return .ollama }
        if rest.hasPrefix("/ultra/") { return .ultra }
        rest = rest.droppingPrefix("/openai").droppingPrefix("/v1").droppingPrefix("/v1")
        if rest.hasPrefix("/messages") { return .anthropic }
        if rest.hasPrefix("/api/") { return .ollama }
        return rest.hasPrefix("/models") && head["anthropic-version"] != nil ? .anthropic : .openAI
    }

    /// The parameters of a query, decoded; a parameter that cannot be decoded is left out.
    static func parameters(_ query: String?) -> [(name: String, value: String)] {
        (query ?? "").split(separator: "&").compactMap { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let name = decoded(parts[0]), let value = decoded(parts[1]) else { return nil }
            return (name, value)
        }
    }

    /// `text` with each `%XX` decoded once; nil: an incomplete `%XX`, or invalid UTF-8.
    static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16),
                rest.first != UInt8(ascii: "+")
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension HTTPRequestHead.Method {
    fileprivate static let all = "GET, HEAD, POST, OPTIONS"
}

extension Substring {
    /// The path without a leading name of a dialect.
    fileprivate var droppingFamily: Substring {
        droppingPrefix("/openai").droppingPrefix("/anthropic").droppingPrefix("/ollama")
    }

    /// The part after `/api/`; nil: another path.
    fileprivate var afterAPI: Substring? { hasPrefix("/api/") ? dropFirst(5) : nil }

    /// Removes `prefix` if a `/` follows it.
    fileprivate func droppingPrefix(_ prefix: String) -> Substring {
        guard hasPrefix(prefix + "/") else { return self }
        return dropFirst(prefix.count)
    }
}
