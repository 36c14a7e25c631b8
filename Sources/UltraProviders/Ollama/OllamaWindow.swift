import UltraAPI

/// How large a context window Ollama is asked for. It drops what exceeds the window without a word, and its own is
/// mostly smaller than a conversation with tools; each change of it loads the model anew.
struct OllamaWindow {
    /// `num_ctx`; nil: the server's own.
    let tokens: Int?
    /// The request alone, guessed.
    private let estimate: Int
    /// Most that can be read; nil: unknown.
    private let limit: Int?

    private static let least = 4096
    /// Of an answer, as far as room is made for it.
    private static let answerLimit = 8192
    private static let defaultAnswer = 1024
    private static let bytesPerToken = 4
    private static let attachmentTokens = 1000

    init(_ request: Request, _ facts: WireFacts) {
        estimate = Self.estimate(request)
        switch facts.window {
        case .server:
            tokens = nil
            limit = facts.contextWindow
        case .tokens(let fixed):
            tokens = fixed
            limit = min(fixed, facts.contextWindow ?? fixed)
        case .auto:
            let answer = min(request.sampling.maxTokens ?? Self.defaultAnswer, Self.answerLimit)
            let needed = max(estimate + estimate / 4 + answer, facts.leastWindow)
            var size = Self.least
            while size < needed { size *= 2 }
            limit = facts.contextWindow
            tokens = min(size, limit ?? size)
        }
    }

    /// - Throws: `context_length` where the request alone is more than can be read.
    func check(_ model: String, provider: String) throws(UltraError) {
        guard let limit, estimate > limit else { return }
        throw UltraError(
            .contextLength, "\(model) reads \(limit) tokens, and the request has about \(estimate)",
            hint: "shorten the conversation, or choose a model with a larger window", provider: provider, model: model)
    }

    private static func estimate(_ request: Request) -> Int {
        var bytes = 0
        var attachments = 0
        for message in request.messages {
            for part in message.parts {
                switch part {
                case .text(let text), .reasoning(let text, _): bytes += text.utf8.count
                case .imageURL, .imageData, .document: attachments += 1
                case .cacheMarker: break
                }
            }
            for call in message.toolCalls { bytes += call.name.utf8.count + call.arguments.utf8.count }
        }
        for tool in request.tools {
            bytes += tool.name.utf8.count + (tool.description?.utf8.count ?? 0) + (tool.parameters?.bytes.count ?? 0)
        }
        return (bytes + bytesPerToken - 1) / bytesPerToken + attachments * attachmentTokens
    }
}
