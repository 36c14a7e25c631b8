import Foundation
import ScriptedProvider
import Testing

@Suite("Relay")
struct RelayTests {
    static func chunk(_ text: String) -> String {
        #"{"id":"c","object":"chat.completion.chunk","model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"content":"\#(text)"},"finish_reason":null}]}"#
    }

    static let finish = #"{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#
    static let usage = #"{"id":"c","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#
    static let answer =
        #"{"id":"c","model":"gpt-4o-2024-08-06","choices":[{"index":0,"message":{"role":"assistant","content":"hello there"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#
    static let request = #""model":"openai/gpt-4o","prompt":"hi"}"#
    static let path = "/v1/chat/completions"

    @Test("a streamed answer comes through, word for word")
    func stream() throws {
        let provider = try ScriptedProvider()
        provider.answer(Self.path, with: .events([Self.chunk("Hel"), Self.chunk("lo é"), Self.finish, Self.usage]))
        let client = try DaemonProcess(openai: provider).client()
        client.send(#"{"id":1,"op":"stream",\#(Self.request)"#)
        let frames = try client.frames()
        #expect(frames.map(\.event) == ["start", "delta", "delta", "done"])
        #expect(frames.compactMap(\.text) == ["Hel", "lo é"])
        #expect(frames.last?["provider_model"] as? String == "gpt-4o-2024-08-06")
        #expect((frames.last?["usage"] as? [String: Any])?["input_tokens"] as? Int == 3)
        // 3 tokens in and 2 out at the catalogue's 2.50 and 10 USD per million.
        #expect(frames.last?["cost_usd"] as? Double == 0.000028)
    }

    @Test("a unary answer comes through, and the key goes to the provider alone")
    func unary() throws {
        let provider = try ScriptedProvider()
        provider.answer(Self.path, with: .json(Self.answer, headers: [("x-request-id", "req_1")]))
        let daemon = try DaemonProcess(openai: provider, ["LOG_LEVEL": "trace"])
        let result = try daemon.client().ask(#"{"id":1,"op":"generate",\#(Self.request)"#)
        #expect(result.text == "hello there")
        #expect(result["request_id"] as? String == "req_1")
        let sent = provider.requests.first { $0.path == Self.path }
        #expect(sent?["authorization"] == "Bearer sk-test")
        #expect(!daemon.logText.contains("sk-test"))
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        let name: String
        let script: Script
        let code: String
        var stream: String?
        var testDescription: String { name }
    }

    @Test(
        "each fault ends in the right code, once, unary and streamed",
        arguments: [
            Fault(
                name: "401", script: .json(#"{"error":{"message":"bad key","code":"invalid_api_key"}}"#, status: 401),
                code: "authentication"),
            Fault(name: "429", script: .retryLater(.seconds(3)), code: "rate_limited"),
            Fault(name: "500", script: .json("oops", status: 500), code: "upstream_error"),
            Fault(name: "503 HTML", script: .json("<html>", status: 503), code: "overloaded"),
            Fault(name: "empty 200", script: .json(""), code: "upstream_protocol"),
            Fault(name: "lies in JSON", script: .json("{\"choices\":[{]}"), code: "upstream_protocol"),
            Fault(name: "close before the head", script: .closeBeforeHead, code: "connect_failed"),
            Fault(name: "reset before the head", script: .resetBeforeHead, code: "connect_failed"),
            Fault(name: "not HTTP", script: .notHTTP, code: "upstream_protocol"),
            Fault(name: "cut stream", script: .stream([.event(chunk("a")), .close]), code: "stream_truncated"),
            Fault(name: "no end", script: .events([chunk("a")], end: nil), code: "stream_truncated"),
        ])
    func faults(_ fault: Fault) throws {
        let provider = try ScriptedProvider()
        provider.answer(Self.path, with: fault.script)
        let client = try DaemonProcess(openai: provider).client()
        for op in ["generate", "stream"] {
            let last = try client.ask(#"{"id":1,"op":"\#(op)",\#(Self.request)"#)
            #expect(last.event == "error")
            #expect(last.code == fault.code, "\(op): \(last.error)")
            #expect(last.error["provider"] as? String == "openai")
        }
        #expect(try client.ask(#"{"id":2,"op":"ping"}"#, id: 2).event == "result")
    }

    @Test("a wait the provider asks for reaches the client")
    func retryAfter() throws {
        let provider = try ScriptedProvider()
        provider.answer(Self.path, with: .retryLater(.seconds(3)))
        let error = try DaemonProcess(openai: provider).client().ask(#"{"id":1,"op":"generate",\#(Self.request)"#).error
        #expect(error["retry_after_ms"] as? Int == 3000)
        #expect(error["status"] as? Int == 429)
        #expect(error["retryable"] as? Bool == true)
    }

    @Test("a stream cut at every byte ends once: done only when the finish was seen")
    func cutEverywhere() throws {
        let events =
            [Self.chunk("Hel"), Self.chunk("lo"), Self.finish].map { "data: \($0)\n\n" }.joined() + "data: [DONE]\n\n"
        let finishAt = events.utf8.count - "data: [DONE]\n\n".utf8.count
        let provider = try ScriptedProvider()
        let client = try DaemonProcess(openai: provider).client()
        for offset in 0..<events.utf8.count {
            provider.answer(
                Self.path, with: Script.events([Self.chunk("Hel"), Self.chunk("lo"), Self.finish]).cut(at: offset))
            let last = try client.ask(#"{"id":1,"op":"stream",\#(Self.request)"#)
            if offset >= finishAt - 2 {
                #expect(["done", "error"].contains(last.event), "cut at \(offset)")
            } else {
                #expect(last.event == "error", "cut at \(offset)")
            }
        }
    }

    @Test(
        "cancel and a vanished client close the upstream within 50 ms, in every phase, streamed and unary",
        arguments: ["before the head", "before the first token", "in the stream"], ["generate", "stream"])
    func cancel(phase: String, op: String) throws {
        let script: Script =
            switch phase {
            case "before the head": .hangBeforeHead
            case "before the first token": .hangBeforeFirstToken
            default: .hang(after: [.event(Self.chunk("a"))])
            }
        for vanishes in [false, true] {
            let provider = try ScriptedProvider()
            provider.answer(Self.path, with: script)
            provider.answer("/v1/models", with: .json(#"{"data":[]}"#))
            let daemon = try DaemonProcess(openai: provider)
            var client: Client? = try daemon.client()
            client?.send(#"{"id":1,"op":"\#(op)",\#(Self.request)"#)
            var number: Int?
            while number == nil {
                let request = try provider.blockForRequest()
                if request.path == Self.path { number = request.connection }
            }
            if phase == "in the stream", op == "stream" { _ = try client?.next() }
            let start = ContinuousClock.now
            if vanishes {
                client = nil
            } else {
                #expect(try client?.ask(#"{"id":2,"op":"cancel","target":1}"#, id: 2)["cancelled"] as? Bool == true)
                #expect(try client?.frames(1).last?.code == "cancelled")
            }
            let closed = try provider.blockForConnectionClosed(number ?? 0)
            #expect((closed.endedAt ?? .now) - start < .milliseconds(50), "\(vanishes ? "vanished" : "cancelled")")
        }
    }

    @Test("timeout_ms bounds the whole request")
    func timeout() throws {
        let provider = try ScriptedProvider()
        provider.answer(Self.path, with: .hangBeforeHead)
        let error = try DaemonProcess(openai: provider).client()
            .ask(#"{"id":1,"op":"generate","timeout_ms":40,\#(Self.request)"#).error
        #expect(error["code"] as? String == "timeout")
        #expect(error["timeout"] as? String == "total")
    }

    @Test("under load the daemon stays one thread and loses nothing")
    func load() throws {
        let provider = try ScriptedProvider()
        provider.answer(Self.path, with: .json(Self.answer))
        let daemon = try DaemonProcess(openai: provider)
        let client = try daemon.client()
        for round in 0..<5 {
            for id in 1...64 { client.send(#"{"id":\#(round * 64 + id),"op":"generate",\#(Self.request)"#) }
            var ended = 0
            while ended < 64, let frame = try client.next() {
                #expect(frame.text == "hello there")
                ended += 1
            }
            #expect(ended == 64)
        }
        #expect(daemon.threadCount <= 2)
    }
}
