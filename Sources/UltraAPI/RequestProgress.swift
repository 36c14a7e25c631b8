/// The progress of a request before its first content, for clients that ask for it.
package struct RequestProgress: Sendable, Equatable {
    /// The raw values are the wire's words.
    package enum Phase: String, Sendable {
        case queued, connecting, retrying
        case loadingModel = "loading_model"
        case waitingFirstToken = "waiting_first_token"
    }

    package var phase: Phase
    /// The number of the attempt that is about to be made, from 1; only with `retrying`.
    package var attempt: Int?
    /// How long until that attempt is made; only with `retrying`.
    package var retryInMilliseconds: Int?

    package init(_ phase: Phase, attempt: Int? = nil, retryInMilliseconds: Int? = nil) {
        self.phase = phase
        self.attempt = attempt
        self.retryInMilliseconds = retryInMilliseconds
    }
}
