/// One upstream try of a request, as listed in `attempts`.
package struct Attempt: Sendable, Equatable {
    /// `provider/model`.
    package var model: String
    /// `nil`: it succeeded.
    package var error: ErrorCode?
    /// HTTP status, if a reply arrived.
    package var status: Int?
    package var milliseconds: Double
    /// The state for which it was not even asked; `nil`: it was.
    package var skipped: String?

    /// A candidate that was passed over in `state`.
    package init(model: String, skipped state: String) {
        self.init(model: model, error: nil, status: nil, milliseconds: 0)
        skipped = state
    }

    package init(model: String, error: ErrorCode?, status: Int?, milliseconds: Double) {
        self.model = model
        self.error = error
        self.status = status
        self.milliseconds = milliseconds
    }
}
