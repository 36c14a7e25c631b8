import Foundation
import Testing

@testable import UltraSystem

/// Changes that libcurl makes to descriptors without a callback.
@Suite("Sockets of libcurl")
struct SocketWatchesTests {
    /// Two connected sockets; the first is the watched one.
    private static func pair() -> (CInt, CInt) {
        var pair: [CInt] = [-1, -1]
        socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair)
        return (pair[0], pair[1])
    }

    @Test("a socket closed before libcurl ended its watch is forgotten")
    func closedFirst() async {
        let (removals, count) = await LoopThread.run {
            var count = 0
            let watches = SocketWatches { _, _ in count += 1 }
            let (socket, other) = Self.pair()
            watches.set(socket, .output)
            close(socket)
            let removals = [watches.remove(socket), watches.remove(socket), watches.remove(4000)]
            watches.set(other, .input)
            let last = watches.remove(other)
            close(other)
            try? await Loop.sleep(for: .milliseconds(1))  // not cancelled here; one turn for an unwanted event
            return (removals + [last], count)
        }
        #expect(removals == [.closed, .unknown, .unknown, .open])
        #expect(count == 0)
    }

    @Test("a new socket with the number of a silently closed one is watched in its place")
    func sameNumber() async {
        let events = await LoopThread.run { () -> [Watch.Events] in
            var events: [Watch.Events] = []
            var waiter: UnsafeContinuation<Void, Never>?
            let watches = SocketWatches { _, ready in
                events.append(ready)
                waiter?.resume()
                waiter = nil
            }
            let (first, other) = Self.pair()
            let (second, peer) = Self.pair()
            watches.set(first, .input)
            // Closes the first socket, as libcurl does, and gives its number to the second.
            dup2(second, first)
            close(second)
            watches.opened(first)
            let deadline = Timer { waiter?.resume() }
            deadline.arm(after: .seconds(5))
            await withUnsafeContinuation { continuation in
                waiter = continuation
                send(peer, "x", 1, 0)
            }
            deadline.cancel()
            watches.set(first, [.input, .output])
            watches.remove(first)
            for descriptor in [first, other, peer] { close(descriptor) }
            return events
        }
        #expect(events == [.input])
    }
}
