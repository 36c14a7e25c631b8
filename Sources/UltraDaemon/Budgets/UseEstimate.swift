internal import UltraAPI
internal import UltraProviders

/// What a request may use, guessed before it is sent: for reserving, never for the ledger.
enum UseEstimate {
    /// UTF-8 bytes of a token, about.
    static let bytesPerToken = 4
    /// An image or a document.
    static let attachmentTokens = 1000
    /// Of an answer without `max_tokens`.
    static let outputTokens = 1000

    static func tokens(_ request: Request) -> (input: Int, output: Int) {
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
            for call in message.toolCalls { bytes += call.arguments.utf8.count }
        }
        return (
            (bytes + bytesPerToken - 1) / bytesPerToken + attachments * attachmentTokens,
            request.sampling.maxTokens ?? outputTokens
        )
    }

    static func tokens(_ request: EmbedRequest) -> (input: Int, output: Int) {
        let bytes = request.input.reduce(0) { $0 + $1.utf8.count }
        return ((bytes + bytesPerToken - 1) / bytesPerToken, 0)
    }

    /// A model without a known price reserves no money.
    static func amount(_ tokens: (input: Int, output: Int), _ price: Price?) -> DayUse.Amount {
        let usage = Usage(inputTokens: tokens.input, outputTokens: tokens.output)
        let (sum, overflows) = tokens.input.addingReportingOverflow(tokens.output)
        return DayUse.Amount(microUSD: price?.cost(of: usage) ?? 0, tokens: overflows ? .max : sum)
    }
}
