internal import UltraAPI
internal import UltraSystem

/// The destination of the answer to one request: a door writes it for its client, a cache flight fans it out.
///
/// The calls come in this order: any number of `progress`, then `start`, then `receive` as content arrives, and `end`
/// once. `restart` voids the content: `start` and `receive` follow again. A subscription has `feed` in place of `start`
/// and `receive`.
@Loop
protocol AnswerSink: AnyObject {
    /// Begins the content.
    /// - Parameter answer: The model that answers; content and usage are not known yet.
    func start(_ answer: Answer)

    /// Content of a streamed answer, in order. Events without content may be among it; `end` repeats their values.
    func receive(_ events: [AnswerEvent])

    /// Voids the content so far, because another model begins the answer again.
    func restart()

    func progress(_ progress: RequestProgress)

    func feed(_ event: FeedEvent)

    /// Ends the answer with its result or error; no further call follows.
    func end(_ result: Result<ResultBody, UltraError>)

    /// True if too many bytes are unread, so that the sender must wait for `drained`.
    var isCongested: Bool { get }

    /// Returns when enough was read, or when there is no reader any more.
    func drained() async
}

/// The connection of a request, for operations that concern the connection.
@Loop
protocol Session: AnyObject {
    /// Longest message in either direction, in bytes.
    var maxFrameBytes: Int { get }

    /// Cancels the request `id` of this connection; returns false if no request with that id is in flight.
    func cancel(_ id: Int) -> Bool

    /// Counts the request as a subscription of its connection until it ends.
    /// - Throws: `invalid_request` if the connection has the maximum number of subscriptions.
    func admitSubscription() throws(UltraError)
}
