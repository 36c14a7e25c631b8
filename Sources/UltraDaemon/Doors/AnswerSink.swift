internal import UltraAPI
internal import UltraSystem

/// The destination of the answer to one request: a door writes it for its client, a cache flight fans it out.
///
/// The calls come in this order: any `progress`, then `start` and `receive` as content arrives, `restart` where the
/// answer begins again, and `end` once. A subscription has `feed` in place of `start` and `receive`.
@Loop
protocol AnswerSink: AnyObject {
    /// Content is about to come.
    /// - Parameter answer: names the model that answers; its content and usage are not known yet.
    func start(_ answer: Answer)

    /// Content of a streamed answer, in order. Events without content may be among it: `end` carries what they say.
    func receive(_ events: [AnswerEvent])

    /// Voids the content so far: another model begins the answer anew.
    func restart()

    func progress(_ progress: RequestProgress)

    func feed(_ event: FeedEvent)

    /// Ends the answer; nothing follows.
    func end(_ result: Result<ResultBody, UltraError>)

    /// True if so much is unread that no more should be sent before `drained` returns.
    var isCongested: Bool { get }

    /// Returns when enough was read, or nobody reads any more.
    func drained() async
}

/// The connection a request came on, for operations that concern it.
@Loop
protocol Session: AnyObject {
    /// Longest message in either direction, in bytes.
    var maxFrameBytes: Int { get }

    /// Cancels the request `id` of this connection; returns false if none of that id is in flight.
    func cancel(_ id: Int) -> Bool

    /// Counts the request as a subscription of its connection until it ends.
    /// - Throws: `invalid_request` where the connection has as many as it may.
    func admitSubscription() throws(UltraError)
}
