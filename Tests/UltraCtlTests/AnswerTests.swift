import Foundation
import Testing
import libultra

/// The structs that terminal events are read into.
struct AnswerTests {
    /// Passes the event of a frame to `read`, and frees it afterwards.
    private func event<Value>(_ json: String, _ read: (OpaquePointer) throws -> Value) throws -> Value {
        let peer = try Peer()
        _ = peer.request()
        peer.write(frame(json))
        var taken: OpaquePointer?
        #expect(ultra_next(peer.connection, 0, &taken) == 1)
        let event = try #require(taken)
        defer { ultra_event_free(event) }
        return try read(event)
    }

    private func text(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.map { String(cString: $0) } }

    @Test("a result is read whole")
    func result() throws {
        let json =
            #"{"id":1,"event":"result","model":"a/b","provider":"a","text":"Gr\u00fcn","reasoning":"r","#
            + #""finish_reason":"stop","usage":{"input_tokens":12,"output_tokens":5,"cached_input_tokens":0,"#
            + #""reasoning_tokens":3},"cost_usd":0.00008,"request_id":"req_1"}"#
        try event(json) { event in
            var answer = ultra_answer()
            answer.struct_size = MemoryLayout<ultra_answer>.size
            #expect(ultra_event_answer(event, &answer) == 1)
            #expect(answer.struct_size == MemoryLayout<ultra_answer>.size)
            let texts = [answer.model, answer.provider, answer.text, answer.reasoning, answer.finish_reason]
            #expect(texts.map(text) == ["a/b", "a", "Grün", "r", "stop"])
            #expect(text(answer.request_id) == "req_1")
            #expect(answer.input_tokens == 12 && answer.output_tokens == 5)
            #expect(answer.cached_input_tokens == 0 && answer.reasoning_tokens == 3)
            #expect(answer.cost_usd == 0.00008)
        }
    }

    @Test(
        "unknown values differ from empty ones", arguments: ["", #","usage":{"input_tokens":null},"cost_usd":null"#])
    func unknown(_ members: String) throws {
        try event(#"{"id":1,"event":"done"\#(members)}"#) { event in
            var answer = ultra_answer()
            answer.struct_size = MemoryLayout<ultra_answer>.size
            #expect(ultra_event_answer(event, &answer) == 1)
            #expect(answer.model == nil && answer.text == nil && answer.request_id == nil)
            #expect(answer.input_tokens == -1 && answer.reasoning_tokens == -1)
            #expect(answer.cost_usd < 0)
        }
    }

    @Test("a failure is read whole")
    func failure() throws {
        let json =
            #"{"id":1,"event":"error","error":{"code":"rate_limited","message":"m","hint":"h","field":"f","#
            + #""provider":"p","model":"p/m","provider_code":"c","request_id":"r","status":429,"#
            + #""retry_after_ms":1200,"retryable":true}}"#
        try event(json) { event in
            var failure = ultra_failure()
            failure.struct_size = MemoryLayout<ultra_failure>.size
            #expect(ultra_event_failure(event, &failure) == 1)
            let texts = [
                failure.code, failure.message, failure.hint, failure.field, failure.provider, failure.model,
                failure.provider_code, failure.request_id,
            ]
            #expect(texts.map(text) == ["rate_limited", "m", "h", "f", "p", "p/m", "c", "r"])
            #expect(failure.status == 429 && failure.retry_after_ms == 1200 && failure.retryable == 1)
            var answer = ultra_answer()
            answer.struct_size = MemoryLayout<ultra_answer>.size
            #expect(ultra_event_answer(event, &answer) == 0)
        }
    }

    @Test("a failure without details has no status and is not retryable")
    func bare() throws {
        try event(#"{"id":1,"event":"error","error":{}}"#) { event in
            var failure = ultra_failure()
            failure.struct_size = MemoryLayout<ultra_failure>.size
            #expect(ultra_event_failure(event, &failure) == 1)
            #expect(failure.code == nil && failure.status == -1 && failure.retry_after_ms == -1)
            #expect(failure.retryable == 0)
        }
    }

    @Test("a field of another type is an error, and the struct does not change")
    func type() throws {
        try event(#"{"id":1,"event":"result","model":"a/b","text":7}"#) { event in
            var answer = ultra_answer()
            answer.struct_size = MemoryLayout<ultra_answer>.size
            answer.input_tokens = 77
            #expect(ultra_event_answer(event, &answer) == ULTRA_ERROR_TYPE.rawValue)
            #expect(answer.model == nil && answer.input_tokens == 77)
        }
    }

    @Test("members that this library does not know become 0 for a program with a later header")
    func grown() throws {
        try event(#"{"id":1,"event":"result","model":"a/b","cost_usd":2}"#) { event in
            let size = MemoryLayout<ultra_answer>.size
            let room = UnsafeMutableRawPointer.allocate(byteCount: size + 24, alignment: 8)
            defer { room.deallocate() }
            room.initializeMemory(as: UInt8.self, repeating: 0xAA, count: size + 24)
            room.storeBytes(of: size + 16, as: Int.self)
            let answer = room.assumingMemoryBound(to: ultra_answer.self)
            #expect(ultra_event_answer(event, answer) == 1)
            #expect(answer.pointee.struct_size == size + 16 && answer.pointee.cost_usd == 2)
            let behind = UnsafeRawBufferPointer(start: room + size, count: 24)
            #expect(Array(behind) == [UInt8](repeating: 0, count: 16) + [UInt8](repeating: 0xAA, count: 8))
        }
    }

    @Test("a struct without its size is refused", arguments: [0, 8])
    func size(_ size: Int) throws {
        try event(#"{"id":1,"event":"result"}"#) { event in
            var answer = ultra_answer()
            answer.struct_size = size
            #expect(ultra_event_answer(event, &answer) == -EINVAL)
            var failure = ultra_failure()
            failure.struct_size = size
            #expect(ultra_event_failure(event, &failure) == -EINVAL)
        }
    }
}
