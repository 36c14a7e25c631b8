import UltraAPI

extension OpenAIAdapter {
    /// Reads `usage`, which may be null, may lack any figure, and may stand in any chunk.
    func usage(_ reader: inout JSONReader, _ reply: inout ReplyState) throws(JSONError) {
        guard try reader.isOptional(.object, "usage", &reply) else { return }
        let figures = try UsageFigures(&reader)
        if let usage = figures.usage(.cacheWithin, after: reply.usageSoFar) { reply.usage(usage) }
    }
}
