import UltraAPI

extension AnthropicAdapter {
    /// Reads `usage`. Its `input_tokens` leaves out what was read from and written to the cache; figures are
    /// cumulative, and later ones stand where they are given.
    ///
    /// - Parameter isFirst: `output_tokens` is a placeholder: nothing was generated yet.
    func usage(_ reader: inout JSONReader, isFirst: Bool, _ reply: inout ReplyState) throws(JSONError) {
        guard try reader.isOptional(.object, "usage", &reply) else { return }
        var figures = try UsageFigures(&reader)
        if isFirst { figures.forgetOutput() }
        if let usage = figures.usage(.cacheBeside, after: reply.usageSoFar) { reply.usage(usage) }
    }
}
