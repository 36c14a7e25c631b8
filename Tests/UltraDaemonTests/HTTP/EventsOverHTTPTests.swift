import Foundation
import ScriptedProvider
import Testing

@Suite("Events over HTTP")
struct EventsOverHTTPTests {
    static let path = "/ultra/v1/events"

    /// A subscriber over HTTP.
    final class Stream {
        struct Event {
            var kind = ""
            var id: Int?
            var text = ""

            var data: [String: Any] {
                (try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]) ?? [:]
            }
        }

        private let client: HTTPClient
        let head: HTTPClient.Response
        private var text = ""
        /// The last chunk has come.
        private(set) var isComplete = false

        init(_ daemon: DaemonProcess, _ query: String = "", _ fields: [String] = []) throws {
            client = try HTTPClient(daemon)
            client.send(HTTPClient.request("GET", EventsOverHTTPTests.path + query, fields))
            guard let head = try client.nextHead() else { throw ClientError(what: "no head") }
            self.head = head
        }

        /// What comes up to the next empty line, comments too; nil: nothing more.
        func block() throws -> String? {
            while true {
                if let end = text.firstRange(of: "\n\n") {
                    defer { text.removeSubrange(..<end.upperBound) }
                    return String(text[..<end.lowerBound])
                }
                guard let chunk = try client.nextChunk() else { return nil }
                guard !chunk.isEmpty else {
                    isComplete = true
                    return nil
                }
                text += chunk
            }
        }

        /// The next event, comments apart; nil: nothing more.
        func next() throws -> Event? {
            while let block = try block() {
                if block.hasPrefix(":") { continue }
                var event = Event()
                for line in block.split(separator: "\n") {
                    let parts = line.split(separator: ": ", maxSplits: 1)
                    switch (parts.first, parts.last) {
                    case ("event", let value?): event.kind = String(value)
                    case ("id", let value?): event.id = Int(value)
                    case ("data", let value?): event.text = String(value)
                    default: throw ClientError(what: "a line \(line)")
                    }
                }
                return event
            }
            return nil
        }
    }

    @Test("a snapshot, then the change when the provider goes down")
    func health() throws {
        let openai = try ScriptedProvider.openAI()
        let scenario = try Scenario(["openai": openai])
        let stream = try Stream(scenario.daemon, "?topics=health,registry")
        #expect(stream.head.status == 200)
        #expect(stream.head["content-type"] == "text/event-stream; charset=utf-8")
        #expect(stream.head["cache-control"] == "no-cache" && stream.head["x-accel-buffering"] == "no")
        let snapshot = try #require(try stream.next())
        #expect(snapshot.kind == "snapshot" && snapshot.id == 1)
        let native = try scenario.daemon.client()
        native.send(#"{"id":1,"op":"subscribe","topics":["health"]}"#)
        let frame = String(decoding: try native.nextBytes() ?? [], as: UTF8.self)
        #expect(frame == #"{"id":1,"event":"snapshot","seq":1,"data":\#(snapshot.text)}"#)
        #expect((snapshot.data["models"] as? [[String: Any]])?.count == 2)

        openai.answer("/v1/models", with: .resetBeforeHead)
        let probe = try HTTPClient(scenario.daemon).ask(
            "POST", "/ultra/v1/probe", body: #"{"provider":"openai"}"#)
        #expect(probe.status == 200)
        var sequence = 1
        while let event = try stream.next() {
            sequence += 1
            #expect(event.kind == "event" && event.id == sequence && event.data["topic"] as? String == "health")
            var data = event.data
            data["topic"] = nil
            let told = try #require(try native.next())
            #expect(NSDictionary(dictionary: data).isEqual(told["data"]))
            guard data["model"] is NSNull, data["to"] as? String == "unavailable" else { continue }
            #expect(data["provider"] as? String == "openai" && data["reason"] as? String == "connect_failed")
            break
        }
        // Then what a reload changes.
        #expect(try HTTPClient(scenario.daemon).ask("POST", "/ultra/v1/reload").status == 200)
        while let event = try stream.next(), event.data["topic"] as? String != "registry" {}
    }

    @Test("a client that comes again gets a fresh snapshot, whatever it has seen")
    func again() throws {
        let daemon = try DaemonProcess(["USE_MOCK": "true"])
        for fields in [[], ["Last-Event-ID: 17"]] {
            let first = try Stream(daemon, "?topics=requests", fields).next()
            #expect(first?.kind == "snapshot" && first?.id == 1)
        }
    }

    @Test("a client that goes away is no subscriber any more", arguments: CancelOverHTTPTests.Way.allCases)
    func disconnect(way: CancelOverHTTPTests.Way) throws {
        let daemon = try DaemonProcess(["USE_MOCK": "true"])
        func subscribe(_ client: Client, _ id: Int) throws -> Frame? {
            client.send(#"{"id":\#(id),"op":"subscribe","topics":["registry"]}"#)
            return try client.next()
        }
        // All but one of the 128 subscriptions of a user, and that one over HTTP.
        let clients = try (0..<8).map { _ in try daemon.client() }
        for number in 0..<127 { #expect(try subscribe(clients[number / 16], number + 1)?.event == "snapshot") }
        var client: HTTPClient? = try HTTPClient(daemon)
        client?.send(HTTPClient.request("GET", Self.path))
        _ = try client?.events(1)
        let next = try daemon.client()
        #expect(try subscribe(next, 1)?.code == "invalid_request")
        let refused = try HTTPClient(daemon).ask("GET", Self.path)
        #expect(refused.status == 400 && refused.error["code"] as? String == "invalid_request")
        switch way {
        case .close: client = nil
        case .finishSending: client?.finishSending()
        }
        // Each try is a request, which the loop answers between its other work.
        var id = 2
        while try subscribe(next, id)?.event != "snapshot" {
            id += 1
            try #require(id < 20_000)
        }
        withExtendedLifetime(client) {}
    }

    @Test("a daemon that stops ends the stream with an error, at once")
    func drain() throws {
        let daemon = try DaemonProcess(["USE_MOCK": "true"])
        let stream = try Stream(daemon)
        #expect(try stream.next()?.kind == "snapshot")
        daemon.signal(SIGTERM)
        let last = try stream.next()
        #expect(last?.kind == "error")
        #expect((last?.data["error"] as? [String: Any])?["code"] as? String == "shutting_down")
        #expect(try stream.next() == nil && stream.isComplete)
        #expect(daemon.exitCode() == 0)
    }

    @Test("a silent stream has a comment each time http.quiet has passed")
    func quiet() throws {
        let daemon = try DaemonProcess(["USE_MOCK": "true"], file: "[http]\nquiet = \"1s\"\n")
        let stream = try Stream(daemon, "?topics=registry")
        #expect(try stream.next()?.kind == "snapshot")
        for _ in 0..<2 {
            let before = ContinuousClock.now
            #expect(try stream.block() == ": ultrad")
            #expect(ContinuousClock.now - before > .milliseconds(500))
        }
    }

    @Test("timeout_ms ends the stream, and the connection serves the next request")
    func timeout() throws {
        let daemon = try DaemonProcess(["USE_MOCK": "true"])
        let client = try HTTPClient(daemon)
        let response = try client.ask("GET", Self.path + "?timeout_ms=50")
        #expect(response.isComplete && response.text.contains("event: error\ndata: {\"error\":"))
        #expect(response.text.contains(#""code":"timeout""#))
        #expect(try client.ask("GET", "/health").status == 200)
    }
}
