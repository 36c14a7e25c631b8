internal import UltraAPI

/// What the ledger and the budgets know of a call before it ends.
struct CallUse {
    var operation = OperationName.generate
    /// As the client wrote it.
    var modelAsked: String?
    var tags: [String] = []
    /// The candidate that comes first, until one has answered.
    var firstModel = ""
    /// Attempts that failed after their provider had told of their use.
    var failed: [(usage: Usage, costMicroUSD: Int?)] = []
    /// Input tokens, as they were estimated before it was sent.
    var admittedInput = 0
    /// What its attempts used; kept only where a budget holds for it.
    var attempts = UseOfAttempts()
    /// What the budgets have reserved for it.
    var pass: Budgets.Pass?

    init() {}

    init(_ operation: OperationName, _ model: String?, _ tags: [String]) {
        self.operation = operation
        modelAsked = model
        self.tags = tags
    }
}
