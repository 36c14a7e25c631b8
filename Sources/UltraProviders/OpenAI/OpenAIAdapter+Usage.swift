import UltraAPI

extension OpenAIAdapter {
    /// Decodes `usage`. It may be null, lack any value, and occur in any chunk.
    func usage(_ reader: inout JSONReader, _ reply: inout ReplyState) throws(JSONError) {
        guard try reader.isOptional(.object, "usage", &reply) else { return }
        let figures = try UsageFigures(&reader)
        if let usage = figures.usage(.cacheWithin, after: reply.usageSoFar) { reply.usage(usage) }
    }
}
