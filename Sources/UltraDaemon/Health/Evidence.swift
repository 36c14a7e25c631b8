internal import UltraAPI

/// One observed fact: true, false or not yet observed, with the time and the kind of traffic that showed it.
struct Evidence: Sendable, Equatable {
    enum Source: String, Sendable {
        case probe, live
    }

    /// nil: not observed yet.
    var holds: Bool?
    /// Time of the observation, in milliseconds of `WallClock`; nil: not observed yet.
    var at: Int?
    var source: Source?

    init() {}

    init(_ holds: Bool, at: Int, by source: Source) {
        self.holds = holds
        self.at = at
        self.source = source
    }

    /// True if the fact was observed to be false more than `milliseconds` ago.
    func isOld(after milliseconds: Int, at now: Int) -> Bool {
        holds == false && at.map { $0 < now - milliseconds } ?? true
    }
}

/// The last failure of a model or a provider, in a form that every client may see: it contains no text of a request or
/// a reply. The error of the failed request itself may quote more; only that request's client gets it.
struct Failure: Sendable, Equatable {
    var code: ErrorCode
    /// HTTP status; nil: no reply arrived.
    var status: Int?
    /// The provider's own error code or type.
    var providerCode: String?
    /// The provider's message, or the system's message about a connection; nil if the message might quote the request.
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

    /// - Parameter prompt: the text of the failed request, which the message must not repeat; nil: the request had no
    ///   text of a client.
    init(_ error: UltraError, prompt: PromptText?, at: Int) {
        self.init(code: error.code, status: error.status, providerCode: error.providerCode, at: at)
        if Self.isAboutProvider(error), prompt?.sharesRun(with: error.message) != true { words = error.message }
    }

    /// True if the message describes the provider rather than one request.
    private static func isAboutProvider(_ error: UltraError) -> Bool {
        guard let status = error.status else { return error.code == .connectFailed }
        guard error.isQuoted else { return false }
        switch status {
        case 401, 402, 403, 404, 429, 500...599: return true
        default: return false
        }
    }

    /// The failure as one sentence for any client.
    func sentence(of provider: String) -> String {
        // The system's message about a connection names the provider already.
        if status == nil, let words { return words }
        let detail = [providerCode.map { "(\($0))" }, words.map { ": \($0)" }]
        return summary(of: provider) + (detail[0].map { " \($0)" } ?? "") + (detail[1] ?? "")
    }

    private func summary(of provider: String) -> String {
        switch code {
        case .connectFailed: "no connection to \(provider)"
        case .timeout: "\(provider) did not answer in time"
        case .streamTruncated: "\(provider) broke off its answer"
        case .upstreamProtocol: "\(provider) sent something else than its API promises"
        default: status.map { "\(provider) answered HTTP \($0)" } ?? "\(provider) failed: \(code.rawValue)"
        }
    }
}
