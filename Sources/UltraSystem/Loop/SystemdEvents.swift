internal import CSystemd
internal import Glibc

/// The `sd_event` loop for rare events: signals and child processes.
///
/// Its single descriptor is part of the loop's epoll set (sd_event_get_fd(3)). Frequent descriptors therefore cost one
/// `epoll_wait` per turn instead of two, and sd-event runs only when it has an event.
@Loop
final class SystemdEvents {
    private let event: OpaquePointer

    /// nil if sd-event cannot start, for example when descriptors have run out.
    init?() {
        var event: OpaquePointer?
        guard sd_event_new(&event) >= 0, let event else { return nil }
        self.event = event
        sd_event_prepare(event)
    }

    isolated deinit {
        sd_event_unref(event)
    }

    var descriptor: CInt { sd_event_get_fd(event) }

    /// Handles pending events, then prepares the sources for the next wait.
    func dispatch() {
        var isPending = sd_event_wait(event, 0) > 0
        repeat {
            if isPending { sd_event_dispatch(event) }
            isPending = sd_event_prepare(event) > 0
        } while isPending
    }

    /// Calls `handler` for each delivery of `signal` while the returned source lives. `signal` must be blocked in every
    /// thread. nil on failure.
    func watch(signal: CInt, _ handler: @escaping @Loop () -> Void) -> SystemdSource? {
        let source = SystemdSource { _ in handler() }
        let result = sd_event_add_signal(
            event, &source.pointer, signal,
            { _, _, user in
                SystemdSource.called(user, with: 0)
                return 0
            }, source.user)
        rearm()
        return result >= 0 ? source : nil
    }

    /// Calls `handler` once with the raw wait status (wait(2)) of `process`, after it was reaped. nil on failure.
    func watch(child process: pid_t, _ handler: @escaping @Loop (CInt) -> Void) -> SystemdSource? {
        let source = SystemdSource(handler)
        let result = sd_event_add_child(
            event, &source.pointer, process, CInt(WEXITED),
            { _, info, user in
                guard let info else { return 0 }
                SystemdSource.called(user, with: csystemd_wait_status(info))
                return 0
            }, source.user)
        rearm()
        return result >= 0 ? source : nil
    }

    /// sd-event sees a new source only after `sd_event_prepare`.
    private func rearm() {
        dispatch()
    }
}

/// An event source of sd-event, removed on deinit.
@Loop
final class SystemdSource {
    fileprivate var pointer: OpaquePointer?
    private let handler: @Loop (CInt) -> Void

    fileprivate init(_ handler: @escaping @Loop (CInt) -> Void) {
        self.handler = handler
    }

    isolated deinit {
        sd_event_source_disable_unref(pointer)
    }

    fileprivate var user: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    nonisolated fileprivate static func called(_ user: UnsafeMutableRawPointer?, with value: CInt) {
        guard let user else { return }
        let source = Unmanaged<SystemdSource>.fromOpaque(user).takeUnretainedValue()
        Loop.assumeIsolated { source.handler(value) }
    }
}
