import Synchronization

/// A value that a test changes while a provider's thread reads it.
final class Switch<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) {
        self.value = Mutex(value)
    }

    func set(_ value: Value) {
        self.value.withLock { $0 = value }
    }

    func get() -> Value {
        value.withLock { $0 }
    }

    func change<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        value.withLock { body(&$0) }
    }
}
