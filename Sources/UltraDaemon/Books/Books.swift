internal import UltraAPI
internal import UltraSystem

/// Told of every request, when it is about to reach a model and when it has ended. A request that is refused before it
/// reaches one, or before it is read at all, only ends.
@Loop
protocol RequestObserver: AnyObject {
    func began(_ record: RequestRecord)
    func ended(_ record: RequestRecord)
}

extension RequestObserver {
    func began(_ record: RequestRecord) {}
}

/// Hands the record of each request to the observers, in their order.
@Loop
final class Books {
    private let registry: Registry
    private let observers: [any RequestObserver]

    init(_ registry: Registry, _ observers: [any RequestObserver] = []) {
        self.registry = registry
        self.observers = observers
    }

    func began(_ record: RequestRecord) {
        for observer in observers { observer.began(record) }
    }

    /// Records what a door refuses by itself: a request that never became a `Call`, or a whole connection.
    /// - Parameter operation: nil: the door does not know it.
    func refused(_ operation: OperationName?, of caller: Caller, _ error: UltraError) {
        ended(RequestRecord(Call.takeNumber(), operation, of: caller), .failure(error))
    }

    func ended(_ record: RequestRecord, _ result: Result<ResultBody, UltraError>) {
        record.end(result, in: registry)
        for observer in observers { observer.ended(record) }
    }
}
