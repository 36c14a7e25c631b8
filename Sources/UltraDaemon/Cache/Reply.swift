internal import UltraAPI

/// What was answered, and can be again.
enum Reply: Sendable, Equatable {
    case answer(Answer)
    case embeddings(EmbedAnswer)

    /// What an entry takes besides its content.
    private static let overheadBytes = 768

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

    /// About what it takes in memory.
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

    /// Whether an equal request may get it later: a whole answer that ended by itself. One that was cut short, filtered,
    /// ended for a reason nobody knows or holds nothing is none, and tool calls are acted upon, so that they are kept if asked for.
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

    /// As it is kept: without what belongs to the request that brought it.
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
