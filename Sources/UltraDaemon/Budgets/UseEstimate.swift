internal import UltraAPI
internal import UltraProviders

/// An estimate of a request's use before it is sent, for reservations; never recorded in the ledger.
enum UseEstimate {
    /// UTF-8 bytes for each token, approximately.
    static let bytesPerToken = 4
    /// Tokens of an image or a document.
    static let attachmentTokens = 1000
    /// Output tokens of a request without `max_tokens`.
    static let outputTokens = 1000

    /// - Parameter provider: the provider that is asked first; its `provider_options` may set the output limit.
    static func tokens(_ request: Request, for provider: String) -> (input: Int, output: Int) {
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
        var output = request.sampling.maxTokens ?? outputTokens
        if let options = request.providerOptions[provider].map(OutputOptions.init) {
            if let most = options.mostTokens { output = max(most, request.sampling.maxTokens ?? 0) }
            let (product, overflows) = output.multipliedReportingOverflow(by: max(1, options.answers ?? 1))
            output = overflows ? .max : product
        }
        return ((bytes + bytesPerToken - 1) / bytesPerToken + attachments * attachmentTokens, output)
    }

    /// The output limits in `provider_options`, under any provider's name for them, at the top level or one level below
    /// (`generationConfig`, `options`).
    private struct OutputOptions {
        var mostTokens: Int?
        var answers: Int?

        init(_ options: RawJSON) {
            // The text was validated with the request, so this throws only for numbers that are not integers.
            try? JSONReader.read(options.bytes) { (reader) throws(JSONError) in try read(&reader, depth: 0) }
        }

        private mutating func read(_ reader: inout JSONReader, depth: Int) throws(JSONError) {
            try reader.beginObject()
            while let key = try reader.nextKey() {
                let kind = try reader.kind()
                switch key {
                case "max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens", "num_predict":
                    guard kind == .number else { try reader.skip(); continue }
                    mostTokens = max(mostTokens ?? 0, Int(clamping: Int64(min(max(0, try reader.double()), 1e15))))
                case "n", "candidateCount", "num_generations":
                    guard kind == .number else { try reader.skip(); continue }
                    answers = max(answers ?? 0, Int(clamping: Int64(min(max(0, try reader.double()), 1e6))))
                default:
                    if kind == .object, depth == 0 { try read(&reader, depth: 1) } else { try reader.skip() }
                }
            }
        }
    }

    static func tokens(_ request: EmbedRequest) -> (input: Int, output: Int) {
        let bytes = request.input.reduce(0) { $0 + $1.utf8.count }
        return ((bytes + bytesPerToken - 1) / bytesPerToken, 0)
    }

    /// Without a known price, no money is reserved.
    static func amount(_ tokens: (input: Int, output: Int), _ price: Price?) -> DayUse.Amount {
        let usage = Usage(inputTokens: tokens.input, outputTokens: tokens.output)
        let (sum, overflows) = tokens.input.addingReportingOverflow(tokens.output)
        return DayUse.Amount(microUSD: price?.cost(of: usage) ?? 0, tokens: overflows ? .max : sum)
    }
}
