internal import UltraAPI

/// An answer that can be given again.
enum Reply: Sendable, Equatable {
    case answer(Answer)
    case embeddings(EmbedAnswer)

    /// Bytes that an entry takes besides its content.
    private static let overheadBytes = 768

    var result: ResultBody {
        switch self {
        case .answer(let answer): .answer(answer)
        case .embeddings(let answer): .embeddings(answer)
        }
    }

    var costMicroUSD: Int? {
        switch self {
        case .answer(let answer): answer.costMicroUSD
        case .embeddings(let answer): answer.costMicroUSD
        }
    }

    var model: String {
        switch self {
        case .answer(let answer): answer.model
        case .embeddings(let answer): answer.model
        }
    }

    /// An estimate of the memory it takes.
    var byteCount: Int {
        switch self {
        case .answer(let answer):
            answer.text.utf8.count
                + answer.reasoning.reduce(0) { $0 + $1.text.utf8.count + ($1.signature?.utf8.count ?? 0) + 64 }
                + answer.toolCalls.reduce(0) { $0 + $1.arguments.utf8.count + ($1.signature?.utf8.count ?? 0) + 128 }
                + answer.order.count * 16 + answer.warnings.reduce(0) { $0 + $1.utf8.count + 32 } + Self.overheadBytes
        case .embeddings(let answer):
            answer.embeddings.vectors.reduce(0) { $0 + $1.bytes.count + 48 } + Self.overheadBytes
        }
    }

    /// True if an equal request may get this answer later: it is complete and not empty. An answer that was cut short,
    /// filtered, or ended for an unknown reason is not kept. Tool calls have effects, so they are kept only if the
    /// configuration says so.
    func isKept(_ settings: CacheSettings) -> Bool {
        switch self {
        case .embeddings: true
        case .answer(let answer):
            switch answer.finishReason {
            case .stop: !answer.isEmpty && (answer.toolCalls.isEmpty || settings.keepsToolCalls)
            case .toolCalls: settings.keepsToolCalls
            case .length, .contentFilter, .other: false
            }
        }
    }

    /// The form in which it is kept: without the attempts and times of the request that fetched it.
    var kept: Reply {
        switch self {
        case .answer(var answer):
            answer.attempts = []
            answer.timing = Timing()
            answer.cache = .hit
            return .answer(answer)
        case .embeddings(var answer):
            answer.attempts = []
            answer.cache = .hit
            return .embeddings(answer)
        }
    }
}
