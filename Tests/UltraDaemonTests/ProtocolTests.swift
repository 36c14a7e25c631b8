import Foundation
import ScriptedProvider
import Testing

@Suite("Protocol")
struct ProtocolTests {
    static let mock = ["USE_MOCK": "true"]

    @Test("hello reports version, limit and operations; ping answers")
    func hello() throws {
        let client = try DaemonProcess(Self.mock).client()
        let hello = try client.ask(#"{"id":1,"op":"hello","protocol":1,"client":"test/1"}"#)
        #expect(hello["protocol"] as? Int == 1)
        #expect((hello["server"] as? String)?.hasPrefix("ultrad/") == true)
        #expect(hello["max_frame_bytes"] as? Int == 16 << 20)
        #expect(
            hello["ops"] as? [String] == [
                "hello", "ping", "generate", "stream", "embed", "cancel", "models", "status", "probe", "usage",
                "subscribe", "metrics", "reload", "cache_clear",
            ])
        #expect(try client.ask(#"{"op":"ping","id":9007199254740991}"#, id: 9_007_199_254_740_991).event == "result")
    }

    @Test("a streamed answer is start, deltas, done; the same unary is one result")
    func streamAndUnary() throws {
        let client = try DaemonProcess(Self.mock).client()
        client.send(#"{"id":7,"op":"stream","model":"mock/echo","prompt":"one two é🙂"}"#)
        let frames = try client.frames(7)
        #expect(frames.first?.event == "start")
        #expect(frames.first?["mock"] as? Bool == true)
        #expect(frames.dropFirst().dropLast().allSatisfy { $0.event == "delta" })
        #expect(frames.dropFirst().dropLast().compactMap(\.text).joined() == "one two é🙂")
        #expect(frames.last?.event == "done")
        #expect(frames.last?["finish_reason"] as? String == "stop")
        #expect(frames.last?["text"] == nil)

        let result = try client.ask(#"{"id":8,"op":"generate","model":"mock/echo","prompt":"one two é🙂"}"#, id: 8)
        #expect(result.text == "one two é🙂")
        #expect(result["cost_usd"] as? Double == 0)
        #expect((result["usage"] as? [String: Any])?["output_tokens"] as? Int == 3)
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        let json: String
        let field: String
        var testDescription: String { json }
    }

    @Test(
        "a bad request names the field, and the connection stays",
        arguments: [
            Mistake(json: #"{"id":1}"#, field: "op"),
            Mistake(json: #"{"id":1,"op":"dance"}"#, field: "op"),
            Mistake(json: #"{"id":1,"op":7}"#, field: "op"),
            Mistake(json: #"{"id":1,"op":"ping","timeout_ms":0}"#, field: "timeout_ms"),
            Mistake(json: #"{"id":1,"op":"cancel"}"#, field: "target"),
            Mistake(json: #"{"id":1,"op":"generate","model":"mock/echo"}"#, field: "prompt"),
            Mistake(json: #"{"id":1,"op":"generate","prompt":7}"#, field: "prompt"),
            Mistake(
                json: #"{"id":1,"op":"generate","prompt":"a","messages":[{"role":"user","content":"b"}]}"#,
                field: "prompt"),
            Mistake(json: #"{"id":1,"op":"generate","messages":[]}"#, field: "messages"),
            Mistake(
                json:
                    #"{"id":1,"op":"generate","messages":[{"role":"user","content":"a"},{"role":"king","content":"b"}]}"#,
                field: "messages[1].role"),
            Mistake(
                json: #"{"id":1,"op":"generate","messages":[{"role":"user","content":[{"type":"text"}]}]}"#,
                field: "messages[0].content[0].text"),
            Mistake(json: #"{"id":1,"op":"stream","prompt":"a","temperature":3}"#, field: "temperature"),
            Mistake(json: #"{"id":1,"op":"stream","prompt":"a","max_tokens":1.5}"#, field: "max_tokens"),
            Mistake(
                json: #"{"id":1,"op":"stream","prompt":"a","tools":[{"name":"f","parameters":[]}]}"#,
                field: "tools[0].parameters"),
            Mistake(json: #"{"id":1,"op":"stream","prompt":"a","tool_choice":"must"}"#, field: "tool_choice"),
            Mistake(
                json: #"{"id":1,"op":"stream","prompt":"a","provider_options":{"openai":[]}}"#,
                field: "provider_options.openai"),
            Mistake(
                json: #"{"id":1,"op":"stream","prompt":"a","timeouts_ms":{"idle":"1"}}"#, field: "timeouts_ms.idle"),
            Mistake(json: #"{"id":1,"op":"stream","prompt":"a","model":"mock/none"}"#, field: "model"),
        ])
    func badRequest(_ mistake: Mistake) throws {
        let client = try DaemonProcess.shared.get().client()
        let answer = try client.ask(mistake.json)
        #expect(["invalid_request", "model_not_found"].contains(answer.code ?? ""))
        #expect(answer.field == mistake.field)
        #expect(try client.ask(#"{"id":2,"op":"ping"}"#, id: 2).event == "result")
    }

    @Test(
        "a bad frame is answered once, and ends this connection alone",
        arguments: [
            [0, 0, 0, 0], [0, 0, 0, 1, 0x7b], [0xff, 0xff, 0xff, 0xff], [1, 0, 0, 1],
            [0, 0, 0, 2] + Array("[]".utf8), [0, 0, 0, 2] + Array("{}".utf8), [0, 0, 0, 3] + Array("{}}".utf8),
            [0, 0, 0, 8] + Array(#"{"id":0}"#.utf8), [0, 0, 0, 15] + Array(#"{"id":1,"id":2}"#.utf8),
            [0, 0, 0, 10] + Array(#"{"id":"1"}"#.utf8), [0, 0, 0, 9] + Array(#"{"id":-1}"#.utf8),
        ] as [[UInt8]])
    func badFrame(bytes: [UInt8]) throws {
        let daemon = try DaemonProcess.shared.get()
        let bystander = try daemon.client()
        let client = try daemon.client()
        client.send(bytes: bytes)
        let answer = try #require(try client.next())
        #expect(answer.id == 0)
        #expect(answer.code == "invalid_frame")
        #expect(try client.next() == nil)
        #expect(try bystander.ask(#"{"id":1,"op":"ping"}"#).event == "result")
    }

    @Test(
        "a client of another protocol is told the protocol of this socket",
        arguments: ["GET / HTTP/1.1\r\n\r\n", "POST /v1/chat", "PRI * HTTP/2.0"])
    func otherProtocol(text: String) throws {
        let client = try DaemonProcess.shared.get().client()
        client.send(bytes: Array(text.utf8))
        var bytes = [UInt8](repeating: 0, count: 400)
        let count = recv(client.descriptor, &bytes, bytes.count, 0)
        #expect(String(decoding: bytes[..<max(0, count)], as: UTF8.self).hasPrefix("HTTP/1.1 400 "))
    }

    @Test("a duplicate id is refused while the first is in flight")
    func duplicateID() throws {
        let client = try DaemonProcess.shared.get().client()
        client.send(
            #"{"id":1,"op":"stream","model":"mock/echo","prompt":"a","provider_options":{"mock":{"first_token_ms":300}}}"#
        )
        client.send(#"{"id":1,"op":"ping"}"#)
        let first = try #require(try client.next())
        #expect(first.code == "invalid_request")
        #expect(first.field == "id")
        #expect(try client.frames(1).last?.event == "done")
    }

    @Test("half-close delivers what is in flight, then ends")
    func halfClose() throws {
        let client = try DaemonProcess.shared.get().client()
        client.send(
            #"{"id":1,"op":"stream","model":"mock/echo","prompt":"a b c","provider_options":{"mock":{"delay_ms":5}}}"#)
        client.finishSending()
        let frames = try client.frames(1)
        #expect(frames.compactMap(\.text).joined() == "a b c")
        #expect(try client.next() == nil)
    }

    @Test("many requests on one connection are told apart by id")
    func multiplexed() throws {
        let client = try DaemonProcess.shared.get().client()
        for id in 1...200 {
            client.send(#"{"id":\#(id),"op":"stream","model":"mock/echo","prompt":"w\#(id) x\#(id) y\#(id)"}"#)
        }
        var texts: [Int: String] = [:]
        var ended: [Int] = []
        while ended.count < 200, let frame = try client.next() {
            texts[frame.id, default: ""] += frame.text ?? ""
            if frame.isTerminal { ended.append(frame.id) }
        }
        #expect(Set(ended).count == 200)
        #expect((1...200).allSatisfy { texts[$0] == "w\($0) x\($0) y\($0)" })
    }

    @Test("frames split at every byte are the same frames")
    func splitFrames() throws {
        let client = try DaemonProcess.shared.get().client()
        let body = Array(#"{"id":1,"op":"generate","model":"mock/echo","prompt":"é"}"#.utf8)
        for byte in [0, 0, 0, UInt8(body.count)] + body { client.send(bytes: [byte]) }
        #expect(try client.frames(1).last?.text == "é")
    }

    @Test("random and mutated frames never crash, hang or go unanswered")
    func fuzz() throws {
        let daemon = try DaemonProcess.shared.get()
        var generator = SeededGenerator(state: 20_261_123)
        let seeds = [
            #"{"id":1,"op":"generate","model":"mock/echo","prompt":"hello","max_tokens":5,"stop":["x"]}"#,
            #"{"id":1,"op":"stream","model":"mock/lorem","messages":[{"role":"user","content":[{"type":"text","text":"a"}]}],"max_tokens":3}"#,
            #"{"id":1,"op":"models","provider":"mock","available":true}"#, #"{"id":1,"op":"cancel","target":4}"#,
            #"{"id":1,"op":"hello","protocol":1,"client":"x"}"#, #"{"id":1,"op":"status","timeout_ms":1000}"#,
        ].map { Array($0.utf8) }
        var client = try daemon.client()
        var answered = 0
        for _ in 0..<100_000 {
            var body = seeds[Int.random(in: 0..<seeds.count, using: &generator)]
            for _ in 0..<Int.random(in: 0...3, using: &generator) where !body.isEmpty {
                let index = Int.random(in: 0..<body.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: body[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: body.remove(at: index)
                case 2: body.insert(UInt8.random(in: 0...255, using: &generator), at: index)
                default: body.replaceSubrange(index..<body.count, with: body[..<index].reversed())
                }
            }
            let length = UInt32(body.count)
            client.send(bytes: (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) } + body)
            var terminal: Frame?
            while terminal == nil, let frame = try client.next() { if frame.isTerminal { terminal = frame } }
            if terminal != nil { answered += 1 }
            if terminal == nil || terminal?.id == 0 { client = try daemon.client() }
        }
        #expect(answered == 100_000)
        #expect(daemon.process.isRunning)
        #expect(try daemon.client().ask(#"{"id":1,"op":"ping"}"#).event == "result")
    }
}

/// SplitMix64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
