import UltraAPI

/// The context window to request from Ollama. Ollama silently drops what exceeds the window, and its default is often
/// too small for a conversation with tools. Each change of the window reloads the model.
struct OllamaWindow {
    /// The value of `num_ctx`; nil uses the server's default.
    let tokens: Int?
    /// The estimated length of the request in tokens.
    private let estimate: Int
    /// The maximum length of a request in tokens; nil if unknown.
    private let limit: Int?

    private static let minimum = 4096
    /// The maximum number of tokens reserved for the answer.
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
            let needed = max(estimate + estimate / 4 + answer, facts.minimumWindow)
            var size = Self.minimum
            while size < needed { size *= 2 }
            limit = facts.contextWindow
            tokens = min(size, limit ?? size)
        }
    }

    /// Checks the request's length.
    /// - Throws: `context_length` if the request alone exceeds the window.
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
