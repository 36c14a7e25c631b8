internal import UltraAPI

/// What is kept of a failure and shown to everybody. It holds nothing of a request or of an answer: an excerpt goes to
/// the client whose reply it was, with that request's own error.
struct Failure: Sendable, Equatable {
    var code: ErrorCode
    /// HTTP status, if a reply came.
    var status: Int?
    /// The provider's own error code or type.
    var providerCode: String?
    /// The provider's own sentence, or what the system said of a connection; nil where that might quote the request.
    var words: String?
    /// Milliseconds of `WallClock`.
    var at: Int

    init(code: ErrorCode, status: Int? = nil, providerCode: String? = nil, words: String? = nil, at: Int) {
        self.code = code
        self.status = status
        self.providerCode = providerCode
        self.words = words
        self.at = at
    }

    /// - Parameter prompt: what the request said; nil: it held no words of a client.
    init(_ error: UltraError, prompt: PromptText?, at: Int) {
        self.init(code: error.code, status: error.status, providerCode: error.providerCode, at: at)
        if Self.isAboutEverybody(error), prompt?.sharesRun(with: error.message) != true { words = error.message }
    }

    /// Whether the sentence may speak of the provider rather than of one request.
    private static func isAboutEverybody(_ error: UltraError) -> Bool {
        guard let status = error.status else { return error.code == .connectFailed }
        guard error.isQuoted else { return false }
        switch status {
        case 401, 402, 403, 404, 429, 500...599: return true
        default: return false
        }
    }

    /// One sentence that may be shown to anybody.
    func sentence(of provider: String) -> String {
        // What the system says of a connection names the provider already.
        if status == nil, let words { return words }
        let detail = [providerCode.map { "(\($0))" }, words.map { ": \($0)" }]
        return whatHappened(at: provider) + (detail[0].map { " \($0)" } ?? "") + (detail[1] ?? "")
    }

    private func whatHappened(at provider: String) -> String {
        switch code {
        case .connectFailed: "no connection to \(provider)"
        case .timeout: "\(provider) did not answer in time"
        case .streamTruncated: "\(provider) broke off its answer"
        case .upstreamProtocol: "\(provider) sent something else than its API promises"
        default: status.map { "\(provider) answered HTTP \($0)" } ?? "\(provider) failed: \(code.rawValue)"
        }
    }
}
