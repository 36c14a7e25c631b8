internal import CSystemd
internal import Glibc

/// What a child process writes to one of its descriptors: read piece by piece, or collected.
///
/// What nobody reads stays in the pipe, and a full pipe makes the child wait.
@Loop
package final class ChildOutput {
    /// Bytes of one read; what a pipe holds on Linux.
    private static let readBytes = 64 << 10

    /// For `ChildProcess(output:errors:)`; -1 once `started()` was called.
    package private(set) var childEnd: CInt
    private let descriptor: CInt
    private var watch: Watch?
    private var waiter: UnsafeContinuation<Void, Never>?
    private var hasEnded = false
    /// What `collect` has kept.
    package private(set) var collected: [UInt8] = []

    package init() throws(SystemError) {
        var ends: [CInt] = [-1, -1]
        guard csystemd_pipe(&ends) == 0 else { throw SystemError("pipe2") }
        descriptor = ends[0]
        childEnd = ends[1]
        // The child's end stays blocking: programs expect it.
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    isolated deinit {
        watch?.cancel()
        started()
        close(descriptor)
    }

    /// The child has its own copy of `childEnd`, or there is no child: ours would keep the pipe open for ever.
    package func started() {
        guard childEnd >= 0 else { return }
        close(childEnd)
        childEnd = -1
    }

    /// Replaces the content of `bytes` by what has come, waiting for some. False: the child has closed its end, or
    /// `cancel()` was called, or the task is cancelled.
    package func read(into bytes: inout [UInt8]) async -> Bool {
        while !hasEnded, !Task.isCancelled {
            if let count = readOnce(into: &bytes) { return count > 0 }
            await readiness()
        }
        bytes.removeAll(keepingCapacity: true)
        return false
    }

    /// Reads until the end by itself, and keeps the first `limitBytes` in `collected`.
    package func collect(limitBytes: Int) {
        watch = Watch(descriptor, .input) { [unowned self] _ in gather(limitBytes: limitBytes) }
    }

    /// Takes what lies in the pipe now into `collected`.
    package func gather(limitBytes: Int) {
        var bytes: [UInt8] = []
        while let count = readOnce(into: &bytes), count > 0 {
            collected += bytes.prefix(max(0, limitBytes - collected.count))
        }
        // The end of a pipe is reported again and again.
        if hasEnded { cancel() }
    }

    /// Waits for nothing more.
    package func cancel() {
        hasEnded = true
        watch = nil
        waiter?.resume()
        waiter = nil
    }

    /// The number of bytes read, 0 at the end, nil when there is nothing yet.
    private func readOnce(into bytes: inout [UInt8]) -> Int? {
        if hasEnded { return 0 }
        var count = 0
        repeat {
            bytes = [UInt8](unsafeUninitializedCapacity: Self.readBytes) { buffer, filled in
                count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                filled = max(0, count)
            }
        } while count < 0 && errno == EINTR
        if count < 0, errno == EAGAIN { return nil }
        if count <= 0 { hasEnded = true }
        return max(0, count)
    }

    private func readiness() async {
        await withTaskCancellationHandler {
            await withUnsafeContinuation(isolation: Loop.shared) { continuation in
                if Task.isCancelled { return continuation.resume() }
                waiter = continuation
                watch = Watch(descriptor, .input) { [unowned self] _ in wake() }
            }
        } onCancel: {
            Loop.perform { self.wake() }
        }
    }

    private func wake() {
        watch = nil
        waiter?.resume()
        waiter = nil
    }
}
