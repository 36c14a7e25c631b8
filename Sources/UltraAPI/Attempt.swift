/// One entry of `attempts`: an upstream attempt, or a candidate that was skipped.
package struct Attempt: Sendable, Equatable {
    /// `provider/model`.
    package var model: String
    /// nil if it succeeded or was skipped.
    package var error: ErrorCode?
    /// HTTP status; nil if there was no reply.
    package var status: Int?
    package var milliseconds: Double
    /// The model's state because of which it was skipped; nil if it was asked.
    package var skipped: String?

    /// A candidate that was skipped because of its state.
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
