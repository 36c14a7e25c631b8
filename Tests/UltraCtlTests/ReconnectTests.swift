import Foundation
import Testing
import libultra

/// The daemon restarts, and the same handle connects to the next one.
@Suite(.timeLimit(.minutes(3)))
struct ReconnectTests {
    private let peer: Peer
    private static let goaway = #"{"id":0,"event":"goaway","reason":"shutdown"}"#

    init() throws {
        peer = try Peer(listening: TemporaryFolder())
    }

    /// Ends the daemon, and reads until the connection has ended.
    private func lose() {
        peer.stop()
        #expect(peer.next(timeout: 1000) == .error(ULTRA_ERROR_CLOSED))
    }

    @Test("descriptor and ids continue; requests in flight have ended")
    func restart() throws {
        #expect(peer.request() == 1)
        let descriptor = ultra_get_fd(peer.connection)
        lose()
        try peer.start()
        #expect(ultra_reconnect(peer.connection, 0) == 0)
        peer.accept()
        #expect(ultra_in_flight(peer.connection) == 0)
        #expect(ultra_get_fd(peer.connection) == descriptor)
        #expect(peer.request("ping") == 2)
        #expect(peer.frames() == [#"{"id":2,"op":"ping"}"#])
        // The answer to a request before the restart has no owner.
        let result = #"{"id":2,"event":"result"}"#
        peer.write(frame(#"{"id":1,"event":"result"}"#) + frame(result))
        #expect(peer.next(timeout: 1000) == .event(result))
        #expect(ultra_in_flight(peer.connection) == 0)
    }

    @Test("an event loop is not woken by a connection that has ended, until it reconnects")
    func loop() throws {
        lose()
        #expect(ultra_get_events(peer.connection) == 0)
        var watched = pollfd(fd: ultra_get_fd(peer.connection), events: 0, revents: 0)
        #expect(poll(&watched, 1, 0) == 0)
        try peer.start()
        #expect(ultra_reconnect(peer.connection, 0) == 0)
        peer.accept()
        #expect(ultra_get_events(peer.connection) == POLLIN)
        _ = peer.request()
        peer.write(frame(ConnectionTests.delta))
        watched.events = Int16(ultra_get_events(peer.connection))
        #expect(poll(&watched, 1, 1000) == 1)
    }

    @Test("incomplete frames of both directions are dropped")
    func halves() throws {
        _ = peer.request("embed", #"{"x":"\#(String(repeating: "y", count: 600_000))"}"#)
        peer.write([0, 0, 0, 99, 0x7B])
        #expect(ultra_process(peer.connection) == 0)
        peer.stop()
        #expect(peer.next(timeout: 1000) == .error(ULTRA_ERROR_TRUNCATED))
        try peer.start()
        #expect(ultra_reconnect(peer.connection, 0) == 0)
        peer.accept()
        #expect(peer.request("ping") == 2)
        #expect(peer.frames() == [#"{"id":2,"op":"ping"}"#])
    }

    @Test(
        "a protocol error and a goaway do not affect the next connection",
        arguments: [[0, 0, 0, 0], frame(Self.goaway)])
    func clean(_ bytes: [UInt8]) throws {
        peer.write(bytes)
        _ = peer.next(timeout: 1000)
        #expect(ultra_send(peer.connection, "ping", nil, nil) < 0)
        #expect(ultra_reconnect(peer.connection, 0) == 0)
        #expect(ultra_is_draining(peer.connection) == 0)
        #expect(ultra_send(peer.connection, "ping", nil, nil) == 0)
    }

    @Test("events that a call kept outlive their connection")
    func kept() throws {
        _ = peer.request()
        let done = #"{"id":1,"event":"done"}"#
        peer.write(frame(done) + frame(#"{"id":2,"event":"result"}"#))
        var event: OpaquePointer?
        #expect(ultra_call(peer.connection, "ping", nil, 1000, &event) == 0)
        ultra_event_free(event)
        #expect(ultra_reconnect(peer.connection, 0) == 0)
        #expect(peer.next() == .event(done))
    }

    @Test("an earlier cancellation does not reach the next daemon")
    func cancelled() throws {
        let id = peer.request()
        lose()
        #expect(ultra_cancel(peer.connection, id) == 0)
        try peer.start()
        #expect(ultra_reconnect(peer.connection, 0) == 0)
        peer.accept()
        #expect(ultra_process(peer.connection) == 0)
        #expect(peer.frames() == [])
    }

    @Test("without a listener it fails, changes nothing, and can be repeated")
    func nobody() throws {
        lose()
        #expect(ultra_reconnect(peer.connection, 0) == -ECONNREFUSED)
        #expect(ultra_reconnect(peer.connection, 20) == -ECONNREFUSED)
        #expect(peer.next() == .error(ULTRA_ERROR_CLOSED))
        try peer.start()
        #expect(ultra_reconnect(peer.connection, 0) == 0)
    }

    @Test("waits for a daemon that starts later")
    func later() throws {
        lose()
        // The scheduler decides the order; in both, the daemon is found.
        let peer = UnsafeTransfer(value: peer)
        let started = DispatchSemaphore(value: 0)
        Thread {
            try? peer.value.start()
            started.signal()
        }.start()
        #expect(ultra_reconnect(self.peer.connection, -1) == 0)
        started.wait()
    }

    @Test("a live connection with requests in flight cannot reconnect")
    func busy() {
        _ = peer.request()
        #expect(ultra_reconnect(peer.connection, 0) == -EBUSY)
        #expect(ultra_in_flight(peer.connection) == 1)
    }

    @Test("a connection from a descriptor cannot reconnect")
    func pair() throws {
        let pair = try Peer()
        #expect(ultra_reconnect(pair.connection, 0) == -EOPNOTSUPP)
    }

    /// Unchecked, because the test uses it in one thread at a time.
    private struct UnsafeTransfer<Value>: @unchecked Sendable {
        let value: Value
    }
}
