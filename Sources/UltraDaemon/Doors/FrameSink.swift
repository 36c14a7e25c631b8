internal import UltraAPI
internal import UltraSystem

/// Writes the answer to one request of a `FrameConnection` as frames.
@Loop
final class FrameSink: AnswerSink {
    private let id: Int
    private let isStream: Bool
    private weak var connection: FrameConnection?
    /// True if `start` was sent, and no `restart` since.
    private var hasStarted = false
    /// True if the request counts among the connection's subscriptions.
    private(set) var isSubscription = false

    /// - Parameter id: The client's id of the request.
    init(_ id: Int, isStream: Bool, _ connection: FrameConnection) {
        self.id = id
        self.isStream = isStream
        self.connection = connection
    }

    func start(_ answer: Answer) {
        guard isStream else { return }
        hasStarted = true
        connection?.send { $0.start(id, answer) }
    }

    func receive(_ events: [AnswerEvent]) {
        connection?.send { writer in
            for event in events { writer.event(id, event) }
        }
    }

    func restart() {
        hasStarted = false
        connection?.send { $0.restart(id) }
    }

    func progress(_ progress: RequestProgress) {
        connection?.send { $0.progress(id, progress) }
    }

    func feed(_ event: FeedEvent) {
        connection?.send { $0.feed(id, event) }
    }

    func end(_ result: Result<ResultBody, UltraError>) {
        guard let connection else { return }
        switch result {
        case .failure(let error): connection.send { $0.error(id, error) }
        case .success(.report(let report)): connection.send { $0.result(id, report) }
        case .success(.embeddings(let answer)): connection.send { $0.result(id, answer) }
        case .success(.answer(let answer)):
            guard isStream else {
                connection.send { $0.result(id, answer) }
                break
            }
            // A stream without content has a `start` frame too.
            if !hasStarted { connection.send { $0.start(id, answer) } }
            connection.send { $0.done(id, answer) }
        }
        connection.ended(id, self)
    }

    var isCongested: Bool { connection?.isCongested ?? false }

    func drained() async { await connection?.drained() }
}

extension FrameSink: Session {
    var maxFrameBytes: Int { connection?.limits.frameBytes ?? 0 }

    func cancel(_ id: Int) -> Bool { connection?.cancel(id) ?? false }

    func admitSubscription() throws(UltraError) {
        try connection?.admitSubscription()
        isSubscription = true
    }
}
