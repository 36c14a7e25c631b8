import Foundation
import Testing
import libultra

@Suite(.timeLimit(.minutes(1)))
struct CallTests {
    /// The result of `ultra_call()` and the JSON of its event.
    private func call(_ peer: Peer, timeout: Int32 = 1000) -> (Int32, String?) {
        var event: OpaquePointer?
        let result = ultra_call(peer.connection, "status", nil, timeout, &event)
        defer { ultra_event_free(event) }
        return (result, event.map { String(cString: ultra_event_json($0, nil)) })
    }

    @Test("returns the last event of its request and drops the earlier ones")
    func result() throws {
        let peer = try Peer()
        let result = #"{"id":1,"event":"result"}"#
        peer.write(frame(#"{"id":1,"event":"progress"}"#) + frame(result))
        #expect(call(peer) == (0, result))
        #expect(peer.next() == .result(0))
    }

    @Test("returns the daemon's error as one, the connection's own included", arguments: [0, 1])
    func error(id: Int) throws {
        let peer = try Peer()
        let error = #"{"id":\#(id),"event":"error","error":{"code":"internal"}}"#
        peer.write(frame(error))
        #expect(call(peer) == (ULTRA_ERROR_REMOTE.rawValue, error))
    }

    @Test("keeps the events of other requests, in order")
    func others() throws {
        let peer = try Peer()
        _ = peer.request()
        let events = [#"{"id":1,"event":"delta","text":"a"}"#, #"{"id":1,"event":"done"}"#]
        let result = #"{"id":2,"event":"result"}"#
        peer.write(events.flatMap(frame) + frame(result))
        #expect(call(peer) == (0, result))
        #expect(ultra_get_timeout(peer.connection) == 0)
        #expect(events.map { _ in peer.next() } == events.map { .event($0) })
        #expect(peer.next() == .result(0))
    }

    @Test("fails when events of other requests exceed the buffer, and loses none of them")
    func overflow() throws {
        let peer = try Peer()
        _ = peer.request()
        #expect(ultra_set_max_frame_bytes(peer.connection, 60) == 0)
        let events = (0..<3).map { #"{"id":1,"event":"delta","text":"\#($0)"}"# }
        peer.write(events.flatMap(frame))
        #expect(call(peer) == (-ENOBUFS, nil))
        #expect(peer.frames().last == #"{"id":3,"op":"cancel","target":2}"#)
        #expect(events.map { _ in peer.next() } == events.map { .event($0) })
    }

    @Test("cancels a late request, and never returns its answer")
    func late() throws {
        let peer = try Peer()
        #expect(call(peer, timeout: 1) == (-ETIMEDOUT, nil))
        #expect(peer.frames() == [#"{"id":1,"op":"status"}"#, #"{"id":2,"op":"cancel","target":1}"#])
        peer.write(frame(#"{"id":1,"event":"result"}"#) + frame(#"{"id":2,"event":"result","cancelled":true}"#))
        #expect(peer.next() == .result(0))
    }
}

@Suite(.timeLimit(.minutes(1)))
struct CancelTests {
    @Test("is sent by the next call, once for each request in flight")
    func sent() throws {
        let peer = try Peer()
        let ids = [peer.request(), peer.request()]
        #expect(ultra_cancel(peer.connection, ids[1]) == 0)
        #expect(ultra_cancel(peer.connection, 77) == 0)
        _ = peer.frames()
        #expect(peer.next() == .result(0))
        #expect(peer.frames() == [#"{"id":3,"op":"cancel","target":2}"#])
    }

    @Test("does not cut into a frame that is half sent")
    func halfSent() throws {
        let peer = try Peer()
        let fields = #"{"x":"\#(String(repeating: "y", count: 600_000))"}"#
        let id = peer.request("embed", fields)
        #expect(ultra_cancel(peer.connection, id) == 0)
        #expect(ultra_process(peer.connection) == 0)
        let expected =
            frame(#"{"id":1,"op":"embed",\#(fields.dropFirst())"#) + frame(#"{"id":2,"op":"cancel","target":1}"#)
        #expect(peer.receive(expected.count) == expected)
    }

    @Test("wakes a thread that waits for an event")
    func otherThread() throws {
        let peer = try Peer()
        let id = peer.request()
        _ = peer.frames()
        // This thread is the daemon: it cancels, and answers when the cancellation arrives.
        let connection = Int(bitPattern: peer.connection)
        let socket = peer.socket
        Thread {
            _ = ultra_cancel(OpaquePointer(bitPattern: connection), id)
            var bytes = [UInt8](repeating: 0, count: 4 + 33)
            guard recv(socket, &bytes, bytes.count, Int32(MSG_WAITALL)) == bytes.count else { return }
            let answer = frame(#"{"id":1,"event":"error","error":{"code":"cancelled"}}"#)
            send(socket, answer, answer.count, Int32(MSG_NOSIGNAL))
        }.start()
        #expect(peer.next(timeout: -1) == .event(#"{"id":1,"event":"error","error":{"code":"cancelled"}}"#))
    }

    @Test("says so when no more cancellations fit")
    func full() throws {
        let peer = try Peer()
        var count = 0
        while ultra_cancel(peer.connection, 1) == 0 { count += 1 }
        #expect(count >= 1000)
        errno = 7
        #expect(ultra_cancel(peer.connection, 1) == -EAGAIN)
        #expect(errno == 7)
    }
}
