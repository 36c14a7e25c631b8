import Synchronization

/// Holds scripted answers until a test lets them go on: a test waits for events, never for time.
package final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var permits = 0
        var wakes: [ObjectIdentifier: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// Lets everyone through, from now on.
    package func open() { change { $0.isOpen = true } }

    /// Lets the next `count` waits through, those already waiting included.
    package func pass(_ count: Int = 1) { change { $0.permits += count } }

    /// Whether the caller may go on; takes one permit if the gate is not open.
    func tryPass() -> Bool {
        state.withLock { state in
            guard !state.isOpen else { return true }
            guard state.permits > 0 else { return false }
            state.permits -= 1
            return true
        }
    }

    /// `wake` is called once, on the thread that changes the gate, at its next change; one for each `owner`.
    func onChange(of owner: AnyObject, _ wake: @escaping @Sendable () -> Void) {
        state.withLock { $0.wakes[ObjectIdentifier(owner)] = wake }
    }

    private func change(_ body: (inout sending State) -> Void) {
        let wakes = state.withLock { state in
            body(&state)
            defer { state.wakes = [:] }
            return Array(state.wakes.values)
        }
        for wake in wakes { wake() }
    }
}
