internal import UltraAPI
internal import UltraProviders

/// One attempt chain as the ledger keeps it. No prompt, no answer, no key.
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
    /// As the client wrote it; nil: it left the choice to us.
    var modelAsked: String?
    /// `provider/model` that answered, or was asked last.
    var model: String
    var provider: String
    /// Of the whole chain; nil: the provider did not say.
    var usage = Usage()
    /// Of the whole chain; nil: not known.
    var costMicroUSD: Int?
    /// What was reckoned with; nil: no price is known.
    var price: Price.Rates?
    /// nil: there was no content.
    var firstTokenMilliseconds: Double?
    var totalMilliseconds: Double = 0
    /// `LedgerRow.ok`, or the error's code.
    var outcome = LedgerRow.ok
    var cache = Answer.CacheState.off
    /// Candidates that were asked, not those that were passed over.
    var attempts = 0
    var tags: [String] = []
    /// Supplementary groups of the process by which a budget holds for it.
    var memberOf: [UInt32] = []

    static let ok = "ok"

    /// When it began, in milliseconds since 1970.
    var began: Int { time - Int(max(0, min(totalMilliseconds, 1e15))) }

    /// What it takes in memory, about.
    var byteCount: Int {
        let names = (modelAsked?.utf8.count ?? 0) + model.utf8.count
        return tags.reduce(MemoryLayout<LedgerRow>.size + names) { $0 + $1.utf8.count + 32 }
    }

    /// Input and output together, of what is known.
    var tokens: Int { (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0) }
}
