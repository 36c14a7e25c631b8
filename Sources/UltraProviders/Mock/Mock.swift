package import UltraAPI

/// The built-in provider without a network: the same request always gets the same answer, words count as tokens.
///
/// `echo` repeats the last user text word by word; `lorem` says `max_tokens` words (64 by default) of a fixed text.
/// `provider_options.mock` rehearses what providers do: `delay_ms` before each word, `first_token_ms` before the
/// first, `error` (an error code) and `truncate_after` (words until the stream breaks, or until the error).
package struct Mock: Sendable {
    package static let provider = "mock"
    package static let models = ["echo", "lorem"]

    package init() {}

    /// - Parameter model: `echo` or `lorem`; any other answers as `echo`, for models whose key is missing.
    package func plan(_ request: Request, model: String) throws(UltraError) -> MockPlan {
        let isLorem = model == "lorem"
        return MockPlan(
            model: isLorem ? model : "echo",
            words: isLorem ? .lorem(0) : .text(Substring(lastUserText(request)).utf8),
            limit: request.sampling.maxTokens ?? (isLorem ? 64 : nil),
            inputWords: request.messages.lazy.flatMap(\.parts).compactMap(\.textOrNil).map(MockWords.count).reduce(
                0, +),
            options: try MockOptions(request.providerOptions[Self.provider]))
    }

    private func lastUserText(_ request: Request) -> String {
        guard let message = request.messages.last(where: { $0.role == .user }) else { return "" }
        return message.parts.compactMap(\.textOrNil).joined(separator: "\n")
    }
}
