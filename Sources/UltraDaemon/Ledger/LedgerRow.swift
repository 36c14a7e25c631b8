internal import UltraAPI
internal import UltraProviders

/// One request in the ledger. No prompt, no answer, no key.
struct LedgerRow: Sendable, Equatable {
    /// When it ended, in milliseconds since 1970.
    var time: Int
    var uid: UInt32
    var gid: UInt32
    var pid: Int32
    /// nil: not known.
    var program: String?
    /// The wire's word.
    var operation: String
    /// As the client wrote it; nil: it named none.
    var modelAsked: String?
    /// `provider/model` that answered, or was asked last.
    var model: String
    var provider: String
    /// Of all attempts; nil: the provider did not say.
    var usage = Usage()
    /// Of all attempts; nil: not known.
    var costMicroUSD: Int?
    /// The price that was used; nil: not known.
    var price: Price.Rates?
    /// nil: there was no content.
    var firstTokenMilliseconds: Double?
    var totalMilliseconds: Double = 0
    /// `LedgerRow.ok`, or the error's code.
    var outcome = LedgerRow.ok
    var cache = Answer.CacheState.off
    /// Attempts; skipped candidates do not count.
    var attempts = 0
    var tags: [String] = []
    /// Supplementary groups of the process because of which a budget applied.
    var memberOf: [UInt32] = []

    static let ok = "ok"

    /// When it began, in milliseconds since 1970.
    var began: Int { time - Int(max(0, min(totalMilliseconds, 1e15))) }

    /// An estimate of its size in memory.
    var byteCount: Int {
        let names = (modelAsked?.utf8.count ?? 0) + model.utf8.count
        return tags.reduce(MemoryLayout<LedgerRow>.size + names) { $0 + $1.utf8.count + 32 }
    }

    /// Input and output tokens, as far as they are known.
    var tokens: Int { (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0) }
}
