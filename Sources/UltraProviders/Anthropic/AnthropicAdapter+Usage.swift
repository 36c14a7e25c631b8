import UltraAPI

extension AnthropicAdapter {
    /// Decodes `usage`. `input_tokens` excludes tokens read from and written to the cache. The values are cumulative,
    /// so later ones replace earlier ones.
    /// - Parameter isFirst: true discards `output_tokens`, which is a placeholder before anything was generated.
    func usage(_ reader: inout JSONReader, isFirst: Bool, _ reply: inout ReplyState) throws(JSONError) {
        guard try reader.isOptional(.object, "usage", &reply) else { return }
        var figures = try UsageFigures(&reader)
        if isFirst { figures.forgetOutput() }
        if let usage = figures.usage(.cacheBeside, after: reply.usageSoFar) { reply.usage(usage) }
    }
}
