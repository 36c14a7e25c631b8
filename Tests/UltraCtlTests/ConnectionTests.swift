import Foundation
import Testing
import libultra

@Suite(.timeLimit(.minutes(1)))
struct ConnectionTests {
    static let delta = #"{"id":1,"event":"delta","text":"x"}"#
    static let result = #"{"id":1,"event":"result"}"#

    @Test("returns the same events wherever the reads split them", arguments: [1, 2, 3, 5, 7, 64])
    func split(chunk: Int) throws {
        let peer = try Peer()
        _ = peer.request()
        let long = #"{"id":1,"event":"delta","text":"\#(String(repeating: "y", count: 5000))"}"#
        let stream = frame(Self.delta) + frame(long) + frame(Self.result)
        var events: [Peer.Outcome] = []
        for start in stride(from: 0, to: stream.count, by: chunk) {
            peer.write(stream[start..<min(start + chunk, stream.count)])
            while case .event(let json) = peer.next() { events.append(.event(json)) }
        }
        #expect(events == [.event(Self.delta), .event(long), .event(Self.result)])
        #expect(ultra_in_flight(peer.connection) == 0)
    }

    static let brokenStreams: [([UInt8], ultra_error)] = [
        ([], ULTRA_ERROR_CLOSED),
        ([0, 0], ULTRA_ERROR_TRUNCATED),
        ([0, 0, 0, 9, 0x7B], ULTRA_ERROR_TRUNCATED),
        ([0, 0, 0, 0], ULTRA_ERROR_PROTOCOL),
        ([0, 0, 0, 1, 0x7B], ULTRA_ERROR_PROTOCOL),
        ([0xFF, 0xFF, 0xFF, 0xFF], ULTRA_ERROR_PROTOCOL),
        ([1, 0, 0, 1], ULTRA_ERROR_PROTOCOL),
    ]

    @Test("returns the events before the connection broke, then its error at every call", arguments: brokenStreams)
    func broken(_ bytes: [UInt8], _ error: ultra_error) throws {
        let peer = try Peer()
        _ = peer.request()
        peer.write(frame(Self.delta) + bytes)
        peer.hangUp()
        #expect(peer.next() == .event(Self.delta))
        #expect(peer.next() == .error(error))
        #expect(peer.next(timeout: -1) == .error(error))
        #expect(ultra_send(peer.connection, "ping", nil, nil) == error.rawValue)
    }

    static let malformedFrames = [
        "[]", "7", "{}", #"{"id":1}"#, #"{"event":"result"}"#, #"{"id":-1,"event":"result"}"#,
        #"{"id":1.5,"event":"result"}"#, #"{"id":"1","event":"result"}"#, #"{"id":1,"event":7}"#,
        #"{"id":1,"event":"result"} x"#, #"{"id":1,"event":"result",}"#, #"{"id":01,"event":"result"}"#,
        #"{"id":1,"event":"result","x":"\x"}"#, #"{"id":1,"event":"result","x":tru}"#,
        #"{"id":1,"event":"result","x":+1}"#, #"{"id":1,"event":"result","x":1.}"#,
        #"{"id":1,"event":"result","x":1e}"#, #"{"id":1,"event":"result","x":"\u12g4"}"#,
        "{\"id\":1,\"event\":\"result\",\"x\":\"\n\"}", "{\"id\":1,\"event\":\"result\",\"x\":\"",
        #"{"id":1,"event":"result","x":\#(String(repeating: "[", count: 64))\#(String(repeating: "]", count: 64))}"#,
        #"{"id":99999999999999999999,"event":"result"}"#,
    ]

    @Test("a frame that is not a JSON object with id and event ends the connection", arguments: malformedFrames)
    func malformed(_ json: String) throws {
        let peer = try Peer()
        _ = peer.request()
        peer.write(frame(json) + frame(Self.result))
        #expect(peer.next() == .error(ULTRA_ERROR_PROTOCOL))
        #expect(peer.next() == .error(ULTRA_ERROR_PROTOCOL))
    }

    @Test(
        "bytes that are not UTF-8 end the connection",
        arguments: [
            [0x80], [0xC0, 0x80], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xFF],
        ] as [[UInt8]])
    func utf8(_ bytes: [UInt8]) throws {
        let peer = try Peer()
        _ = peer.request()
        let json = Array(#"{"id":1,"event":"result","x":""#.utf8) + bytes + Array(#""}"#.utf8)
        peer.write(withUnsafeBytes(of: UInt32(json.count).bigEndian, Array.init) + json)
        #expect(peer.next() == .error(ULTRA_ERROR_PROTOCOL))
    }

    @Test("63 nested arrays in a frame are within the limit")
    func depth() throws {
        let peer = try Peer()
        _ = peer.request()
        let nested = String(repeating: "[", count: 63) + String(repeating: "]", count: 63)
        let json = #"{"id":1,"event":"result","x":\#(nested)}"#
        peer.write(frame(json))
        #expect(peer.next() == .event(json))
    }

    @Test("the maximum length of a frame applies in both directions")
    func limit() throws {
        let peer = try Peer()
        #expect(ultra_set_max_frame_bytes(peer.connection, 1) == -EINVAL)
        #expect(ultra_set_max_frame_bytes(peer.connection, 40) == 0)
        // {"id":1,"op":"ping","x":"…"} with 40 and 41 bytes.
        #expect(
            ultra_send(peer.connection, "ping", #"{"x":"\#(String(repeating: "y", count: 14))"}"#, nil) == -EMSGSIZE)
        #expect(ultra_send(peer.connection, "ping", #"{"x":"\#(String(repeating: "y", count: 13))"}"#, nil) == 0)
        let longest = #"{"id":1,"event":"delta","text":"123456"}"#
        peer.write(frame(longest) + frame(longest + " "))
        #expect(peer.next() == .event(longest))
        #expect(peer.next() == .error(ULTRA_ERROR_PROTOCOL))
    }

    @Test("requests are framed with their id, op and fields")
    func requests() throws {
        let peer = try Peer()
        _ = peer.request("ping")
        _ = peer.request("stream", " { \"a\" : [1] , \"b\":{} } ")
        _ = peer.request("stream", "{}")
        #expect(
            peer.frames() == [
                #"{"id":1,"op":"ping"}"#, #"{"id":2,"op":"stream", "a" : [1] , "b":{}}"#, #"{"id":3,"op":"stream"}"#,
            ])
        #expect(ultra_in_flight(peer.connection) == 3)
    }

    @Test("an op that is not a plain JSON string is refused", arguments: ["a\"b", "a\\b", "a\nb", "é"])
    func op(_ op: String) throws {
        let peer = try Peer()
        #expect(ultra_send(peer.connection, op, nil, nil) == -EINVAL)
        #expect(peer.frames() == [])
    }

    @Test("bytes that a full socket does not accept are sent in order later")
    func fullSocket() throws {
        let peer = try Peer()
        let fields = #"{"x":"\#(String(repeating: "y", count: 300_000))"}"#
        for _ in 0..<3 { _ = peer.request("embed", fields) }
        let expected = (1...3).flatMap { frame(#"{"id":\#($0),"op":"embed",\#(fields.dropFirst())"#) }
        #expect(peer.receive(expected.count) == expected)
    }

    @Test("at most the maximum length of a frame is buffered for sending")
    func unsent() throws {
        let peer = try Peer()
        #expect(ultra_set_max_frame_bytes(peer.connection, 1 << 20) == 0)
        let fields = #"{"x":"\#(String(repeating: "y", count: 1_000_000))"}"#
        var sent = 0
        while ultra_send(peer.connection, "embed", fields, nil) == 0 { sent += 1 }
        #expect(ultra_send(peer.connection, "embed", fields, nil) == -EAGAIN)
        #expect((2...3).contains(sent))
    }

    @Test("events sent before the daemon closed are still delivered")
    func lastWords() throws {
        let peer = try Peer()
        let words = #"{"id":0,"event":"error","error":{"code":"invalid_frame","message":"No."}}"#
        peer.write(frame(words))
        peer.hangUp()
        #expect(ultra_send(peer.connection, "ping", nil, nil) == ULTRA_ERROR_CLOSED.rawValue)
        #expect(peer.next() == .event(words))
        #expect(peer.next() == .error(ULTRA_ERROR_CLOSED))
    }

    @Test("after goaway requests in flight are answered and new ones refused")
    func goaway() throws {
        let peer = try Peer()
        _ = peer.request()
        let goaway = #"{"id":0,"event":"goaway","reason":"shutdown"}"#
        peer.write(frame(goaway) + frame(Self.result))
        #expect(ultra_is_draining(peer.connection) == 0)
        #expect(peer.next() == .event(goaway))
        #expect(ultra_is_draining(peer.connection) == 1)
        #expect(ultra_send(peer.connection, "ping", nil, nil) == ULTRA_ERROR_GOAWAY.rawValue)
        #expect(peer.next() == .event(Self.result))
    }

    @Test("the timeout for an event loop is 0 while an event is ready")
    func loop() throws {
        let peer = try Peer()
        _ = peer.request()
        var watched = pollfd(
            fd: ultra_get_fd(peer.connection), events: Int16(ultra_get_events(peer.connection)), revents: 0)
        #expect(poll(&watched, 1, 0) == 0)
        #expect(ultra_get_timeout(peer.connection) == -1)
        peer.write(frame(Self.delta) + frame(Self.result))
        #expect(poll(&watched, 1, 1000) == 1)
        #expect(ultra_process(peer.connection) == 1)
        // Both frames are in memory now: only the timeout tells of them, not the descriptor.
        #expect(poll(&watched, 1, 0) == 0)
        #expect(ultra_get_timeout(peer.connection) == 0)
        #expect(peer.next() == .event(Self.delta))
        #expect(ultra_get_timeout(peer.connection) == 0)
        #expect(peer.next() == .event(Self.result))
        #expect(ultra_get_timeout(peer.connection) == -1)
        peer.hangUp()
        #expect(poll(&watched, 1, 1000) == 1)
        #expect(ultra_process(peer.connection) == ULTRA_ERROR_CLOSED.rawValue)
    }

    @Test("unread events cause back-pressure instead of filling memory")
    func backpressure() throws {
        let peer = try Peer()
        _ = peer.request()
        peer.write((0..<1000).flatMap { _ in frame(Self.delta) })
        #expect(ultra_process(peer.connection) == 1)
        let unread = peer.unreadBytes
        #expect(unread > 0)
        for _ in 0..<10 { #expect(ultra_process(peer.connection) == 1) }
        #expect(peer.unreadBytes == unread)
        for _ in 0..<1000 { #expect(peer.next() == .event(Self.delta)) }
        #expect(peer.next() == .result(0))
    }

    @Test("a wait ends at its timeout")
    func timeout() throws {
        let peer = try Peer()
        let start = ContinuousClock.now
        #expect(peer.next(timeout: 50) == .result(0))
        #expect(start.duration(to: .now) >= .milliseconds(50))
    }

    @Test("a path longer than a socket address is refused")
    func longPath() {
        var connection: OpaquePointer?
        #expect(ultra_connect(String(repeating: "x", count: 108), 0, &connection) == -ENAMETOOLONG)
        #expect(connection == nil)
    }
}
