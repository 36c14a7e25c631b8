internal import CSystemd
internal import Glibc

/// Output of a child process on one descriptor, read in pieces or collected.
///
/// Unread output stays in the pipe; a full pipe blocks the child (back-pressure).
@Loop
package final class ChildOutput {
    /// Bytes per read: the default capacity of a pipe on Linux (pipe(7)).
    private static let readBytes = 64 << 10

    /// The child's end of the pipe, for `ChildProcess(output:errors:)`; -1 after `started()`.
    package private(set) var childEnd: CInt
    private let descriptor: CInt
    private var watch: Watch?
    private var waiter: UnsafeContinuation<Void, Never>?
    private var hasEnded = false
    /// Output kept by `collect(limitBytes:)` and `gather(limitBytes:)`.
    package private(set) var collected: [UInt8] = []

    /// - Throws: `SystemError` for `pipe2`.
    package init() throws(SystemError) {
        var ends: [CInt] = [-1, -1]
        guard csystemd_pipe(&ends) == 0 else { throw SystemError("pipe2") }
        descriptor = ends[0]
        childEnd = ends[1]
        // The child's end stays blocking, as programs expect.
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    isolated deinit {
        watch?.cancel()
        started()
        close(descriptor)
    }

    /// Closes the parent's copy of `childEnd`. Call it once the child is started or failed to start: an open copy would
    /// hide the end of output.
    package func started() {
        guard childEnd >= 0 else { return }
        close(childEnd)
        childEnd = -1
    }

    /// Replaces the content of `bytes` with new output; waits until there is some. One reader at a time.
    /// - Returns: false at the end of output, after `cancel()`, or if the task is cancelled; `bytes` is then empty.
    package func read(into bytes: inout [UInt8]) async -> Bool {
        while !hasEnded, !Task.isCancelled {
            if let count = readOnce(into: &bytes) { return count > 0 }
            await readiness()
        }
        bytes.removeAll(keepingCapacity: true)
        return false
    }

    /// Reads to the end of output in the background; keeps the first `limitBytes` in `collected` and discards the rest.
    package func collect(limitBytes: Int) {
        watch = Watch(descriptor, .input) { [unowned self] _ in gather(limitBytes: limitBytes) }
    }

    /// Reads all output that is available now into `collected`, up to `limitBytes` in total.
    package func gather(limitBytes: Int) {
        var bytes: [UInt8] = []
        while let count = readOnce(into: &bytes), count > 0 {
            collected += bytes.prefix(max(0, limitBytes - collected.count))
        }
        // A level-triggered watch would report the end of the pipe forever.
        if hasEnded { cancel() }
    }

    /// Stops reading; a pending `read(into:)` returns false.
    package func cancel() {
        hasEnded = true
        watch = nil
        waiter?.resume()
        waiter = nil
    }

    /// The number of bytes read; 0 at the end; nil if there is no output yet.
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

/// The complete standard input of a child process, held in an anonymous memory file (memfd_create(2)).
///
/// Unlike a pipe it needs no later writes and cannot fail with EPIPE; unlike a regular file it has no name.
package struct ChildInput: ~Copyable {
    /// For `ChildProcess(input:)`; closed on deinit.
    package let descriptor: CInt

    /// - Throws: `SystemError` for `memfd_create` or `write`.
    package init(_ bytes: [UInt8]) throws(SystemError) {
        descriptor = csystemd_memory_file("input")
        guard descriptor >= 0 else { throw SystemError("memfd_create") }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemError("write") }
            written += count
        }
        lseek(descriptor, 0, SEEK_SET)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }
}
