import Synchronization

/// Holds scripted answers until a test opens it, so that tests wait for events and never for time.
package final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var permits = 0
        var wakes: [ObjectIdentifier: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// Lets all waits through from now on.
    package func open() { change { $0.isOpen = true } }

    /// Lets the next `count` waits through, including those already waiting.
    package func pass(_ count: Int = 1) { change { $0.permits += count } }

    /// True if the caller may go on; takes one permit unless the gate is open.
    func tryPass() -> Bool {
        state.withLock { state in
            guard !state.isOpen else { return true }
            guard state.permits > 0 else { return false }
            state.permits -= 1
            return true
        }
    }

    /// Sets the function to call once at the gate's next change, on the changing thread; one for each `owner`.
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
