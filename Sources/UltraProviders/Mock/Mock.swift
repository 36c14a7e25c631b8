package import UltraAPI

/// The built-in provider without a network. Equal requests get equal answers, and each word counts as one token.
///
/// Model `echo` repeats the last user text word by word; `lorem` produces `max_tokens` words (64 by default) of a fixed
/// text. `provider_options.mock` simulates a provider's behaviour: `delay_ms` before each later word, `first_token_ms`
/// before the first, `error` (an error code) and `truncate_after` (the number of words after which the stream breaks or
/// fails with `error`).
package struct Mock: Sendable {
    package static let provider = "mock"
    /// The ids of its models.
    package static let models = ["echo", "lorem"]

    package init() {}

    /// - Parameter model: `echo` or `lorem`; any other name behaves like `echo`, for models whose provider lacks its
    ///   key.
    /// - Throws: `invalid_request` if `provider_options.mock` is malformed.
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
