internal import CSystemd
internal import Glibc

/// The `sd_event` that waits for what is rare: signals and child processes.
///
/// Its one descriptor is a member of the loop's epoll (`sd_event_get_fd(3)`), so the busy descriptors cost one
/// `epoll_wait` a turn and not two, and sd-event runs only when it has something to say.
@Loop
final class SystemdEvents {
    private let event: OpaquePointer

    /// nil where sd-event cannot start, which is where descriptors have run out.
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

    /// Handles what is pending, then arms the sources for the next wait.
    func dispatch() {
        var isPending = sd_event_wait(event, 0) > 0
        repeat {
            if isPending { sd_event_dispatch(event) }
            isPending = sd_event_prepare(event) > 0
        } while isPending
    }

    /// Calls `handler` for each `signal`, which must be blocked in every thread.
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

    /// Calls `handler` once with the raw wait status of `process`, which is reaped by then.
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

    /// A source added between two waits counts from the next `sd_event_prepare`.
    private func rearm() {
        dispatch()
    }
}

/// One event source of sd-event; released, it is removed.
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
