internal import UltraAPI
internal import UltraSystem

/// Told of every request, when it is about to reach a model and when it has ended.
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

    func ended(_ record: inout RequestRecord, _ result: Result<ResultBody, UltraError>) {
        record.end(result, in: registry)
        for observer in observers { observer.ended(record) }
    }
}
