import Foundation
import ScriptedProvider
import Testing
import UltraAPI

@testable import UltraSystem

@Suite("Transport")
struct TransportTests {
    @Test("a body arrives complete and in order, however it is cut", arguments: [1, 2, 7, 64, 4096])
    func splitBody(size: Int) async throws {
        let body = (0..<400).map { "piece \($0) é🙂 " }.joined()
        let provider = try ScriptedProvider(.json(body).split(.every(size)))
        let reply = await Reply.fetch(provider.url)
        #expect(reply.status == 200)
        #expect(reply.text == body)
        #expect(reply.error == nil)
    }

    @Test("a posted body arrives unchanged", arguments: [0, 1, 100_000, 3_000_000])
    func postedBody(size: Int) async throws {
        let provider = try ScriptedProvider(.json("{}"))
        let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let reply = await Reply.fetch(
            HTTPRequest(url: provider.url + "/x", headers: [HTTPHeader("X-Test", "a: b")], body: body))
        let request = try await provider.nextRequest()
        #expect(reply.status == 200)
        #expect(request.method == "POST")
        #expect(request.path == "/x")
        #expect(request["x-test"] == "a: b")
        #expect(request["expect"] == nil)
        #expect(request.body == body)
    }

    @Test("a reused handle requests exactly the target of each URL")
    func targets() async throws {
        let provider = try ScriptedProvider(.json("{}"))
        let url = provider.url
        let targets = ["/", "/a%20b/c?x=1&y=%2F", "/v1/models?key=a%3Db", "/a%20b/c?x=1&y=%2F", "/v1/"]
        await LoopThread.run {
            let transport = Self.transport()
            for target in targets {
                #expect(await Reply.fetch(HTTPRequest(url: url + target), transport).status == 200)
                // An invalid URL leaves nothing behind in the handle.
                #expect(await Reply.fetch(HTTPRequest(url: "http://[\(target)"), transport).error != nil)
            }
        }
        #expect(provider.requests.map(\.target) == targets)
        for request in provider.requests {
            let agents = request.headers.filter { $0.name.lowercased() == "user-agent" }
            #expect(agents.map(\.value) == [TransportSettings().userAgent])
        }
    }

    @Test("one kept-alive connection serves several requests")
    func keepAlive() async throws {
        let provider = try ScriptedProvider(.json("{}"))
        let url = provider.url
        await LoopThread.run {
            let transport = Self.transport()
            for _ in 0..<20 { #expect(await Reply.fetch(HTTPRequest(url: url), transport).status == 200) }
        }
        #expect(provider.connections.count == 1)
        #expect(provider.requests.count == 20)
    }

    @Test(
        "a kept-alive connection that died is replaced once, silently",
        arguments: [Script.Afterwards.closeUnannounced, .closeOnNextRequest, .resetOnNextRequest])
    func staleConnection(afterwards: Script.Afterwards) async throws {
        let provider = try ScriptedProvider(.json("second"))
        provider.enqueue(.json("first").then(afterwards))
        let url = provider.url
        let texts = await LoopThread.run {
            let transport = Self.transport()
            let request = HTTPRequest(url: url, body: Array("{}".utf8))
            return [await Reply.fetch(request, transport), await Reply.fetch(request, transport)]
        }
        #expect(texts.map(\.text) == ["first", "second"])
        #expect(provider.connections.count == 2)
    }

    @Test("a new connection that dies before the reply is not retried")
    func freshConnectionLost() async throws {
        let provider = try ScriptedProvider(.closeBeforeHead)
        let reply = await Reply.fetch(provider.url)
        #expect(reply.error?.kind == .connectionLost)
        #expect(reply.error?.phase == .waiting)
        #expect(provider.requests.count == 1)
    }

    struct Failure: Sendable, CustomTestStringConvertible {
        let name: String
        let script: Script
        let kind: TransportError.Kind
        let phase: TransportError.Phase
        var testDescription: String { name }
    }

    @Test(
        "a failure has its cause and the progress of the transfer",
        arguments: [
            Failure(name: "close before head", script: .closeBeforeHead, kind: .connectionLost, phase: .waiting),
            Failure(name: "reset before head", script: .resetBeforeHead, kind: .connectionLost, phase: .waiting),
            Failure(name: "not HTTP", script: .notHTTP, kind: .protocolViolation, phase: .waiting),
            Failure(name: "bad chunk size", script: .badChunkSize, kind: .connectionLost, phase: .body),
            Failure(name: "no last chunk", script: .missingLastChunk, kind: .connectionLost, phase: .body),
            Failure(
                name: "short of its length",
                script: .json("12345").with { $0.framing = .declaredLength(10) }.then(.close),
                kind: .connectionLost, phase: .body),
            Failure(
                name: "reset in the body", script: .events(["1", "2"]).cut(at: 8, resets: true),
                kind: .connectionLost, phase: .body),
        ])
    func failures(_ failure: Failure) async throws {
        let provider = try ScriptedProvider(failure.script)
        let reply = await Reply.fetch(provider.url)
        #expect(reply.error?.kind == failure.kind)
        #expect(reply.error?.phase == failure.phase)
    }

    @Test("a refused connection and an unresolvable name have different errors")
    func refusedAndUnresolved() async throws {
        let provider = try ScriptedProvider()
        try provider.refuse()
        let refused = await Reply.fetch(provider.url)
        let unresolved = await Reply.fetch("http://name.invalid/")
        #expect(refused.error?.kind == .refused)
        #expect(refused.error?.phase == .connecting)
        #expect(unresolved.error?.kind == .resolve)
        #expect(unresolved.error?.phase == .resolving)
    }

    @Test("an invalid URL fails like everything else")
    func malformedURL() async throws {
        for url in ["", "http://", "ftp://127.0.0.1/", "file:///etc/passwd", "http://[/"] {
            #expect(await Reply.fetch(url).error != nil, "\(url)")
        }
    }

    @Test("an upstream behind a Unix socket")
    func unixSocket() async throws {
        let path = NSTemporaryDirectory() + "ultra-\(UUID().uuidString.prefix(8)).sock"
        defer { unlink(path) }
        let provider = try ScriptedProvider(.json("here"), at: .unix(path: path))
        let reply = await Reply.fetch(HTTPRequest(method: .get, url: "http://localhost/v1", unixSocketPath: path))
        #expect(reply.text == "here")
        #expect(try await provider.nextRequest().method == "GET")
    }

    @Test("interim replies and trailers are not part of the reply")
    func interimReplies() async throws {
        let provider = try ScriptedProvider(
            Script(body: [
                .send("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"),
                .send(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Late: 2\r\n\r\n2\r\nok\r\n0\r\nX-Trailer: 3\r\n\r\n"
                ),
            ]))
        let reply = await Reply.fetch(provider.url)
        #expect(reply.status == 200)
        #expect(reply.headers == ["transfer-encoding: chunked", "x-late: 2"])
        #expect(reply.text == "ok")
    }

    struct Stall: Sendable, CustomTestStringConvertible {
        let name: String
        let script: Script
        let timeouts: ExchangeTimeouts
        let expected: TimeoutKind
        var testDescription: String { name }
    }

    @Test(
        "each timer measures its own silence",
        arguments: [
            Stall(
                name: "first token before the head", script: .hangBeforeHead,
                timeouts: ExchangeTimeouts(
                    connect: .seconds(30), firstToken: .milliseconds(30), idle: .milliseconds(10)),
                expected: .firstToken),
            Stall(
                name: "first token after the head", script: .hangBeforeFirstToken,
                timeouts: ExchangeTimeouts(
                    connect: .seconds(30), firstToken: .milliseconds(30), idle: .milliseconds(10)),
                expected: .firstToken),
            Stall(
                name: "idle", script: .hang(after: [.event("1")]),
                timeouts: ExchangeTimeouts(connect: .seconds(30), firstToken: .seconds(30), idle: .milliseconds(30)),
                expected: .idle),
            Stall(
                name: "total", script: .hang(after: [.event("1")]),
                timeouts: ExchangeTimeouts(connect: .seconds(30), idle: .seconds(30), total: .milliseconds(30)),
                expected: .total),
        ])
    func timers(_ stall: Stall) async throws {
        let provider = try ScriptedProvider(stall.script)
        let reply = await Reply.fetch(HTTPRequest(url: provider.url), timeouts: stall.timeouts)
        #expect(reply.error?.kind == .timeout(stall.expected))
        _ = try await provider.connectionClosed()
    }

    @Test("every received byte restarts the idle timer")
    func idleRestarts() async throws {
        let provider = try ScriptedProvider(
            .stream([.event("0"), .repeat(count: 10, [.delay(milliseconds: 20), .chunk(": ping\n")])]))
        let reply = await Reply.fetch(
            HTTPRequest(url: provider.url), timeouts: ExchangeTimeouts(connect: .seconds(30), idle: .milliseconds(150)))
        #expect(reply.error == nil)
    }

    @Test(
        "cancelling closes the connection at once, in every phase",
        arguments: [
            ("before the head", Script.hangBeforeHead), ("before the first token", .hangBeforeFirstToken),
            ("in the stream", .hang(after: [.event("1")])),
        ])
    func cancel(phase: String, script: Script) async throws {
        var quickest = Duration.seconds(60)
        // The best of several runs, since other load of the machine is not under test.
        for _ in 0..<5 where quickest >= .milliseconds(50) {
            quickest = min(quickest, try await closingTime(script))
        }
        #expect(quickest < .milliseconds(50))
    }

    /// The time from the cancellation to the end of the connection at the provider.
    private func closingTime(_ script: Script) async throws -> Duration {
        let provider = try ScriptedProvider(script)
        let request = HTTPRequest(url: provider.url, body: Array("{}".utf8))
        let task = await LoopThread.run {
            Loop.spawn { await Reply.fetch(request, Self.transport()) }
        }
        _ = try await provider.nextRequest()
        let cancelledAt = ContinuousClock.now
        task.cancel()
        let reply = await task.value
        let closed = try await provider.connectionClosed()
        #expect(reply.error?.kind == .cancelled)
        return (closed.endedAt ?? .now) - cancelledAt
    }

    @Test("cancelling during name resolution does not delay the loop")
    func cancelResolving() async throws {
        let elapsed = await LoopThread.run {
            let task = Loop.spawn { await Reply.fetch(HTTPRequest(url: "http://name.invalid/"), Self.transport()) }
            await Task.yield()
            let start = EventLoop.now
            task.cancel()
            #expect(await task.value.error?.kind == .cancelled)
            return Double(EventLoop.now - start) / 1e6
        }
        #expect(elapsed < 20)
    }

    @Test("a reader that does not read pauses the upstream and loses nothing")
    func backpressure() async throws {
        let chunk = String(repeating: "x", count: 16 << 10)
        let provider = try ScriptedProvider(.stream([.repeat(count: 2000, [.chunk(chunk)])]))
        let url = provider.url
        let (held, total) = await LoopThread.run {
            let exchange = Self.transport().start(HTTPRequest(url: url), ExchangeTimeouts(connect: .seconds(30)))
            _ = try? await exchange.head()
            // Enough turns for everything to arrive that is going to.
            for _ in 0..<200 { try? await Loop.sleep(for: .milliseconds(1)) }
            let held = exchange.bufferedByteCount
            var total = 0
            var bytes: [UInt8] = []
            while (try? await exchange.read(into: &bytes)) == true { total += bytes.count }
            return (held, total)
        }
        #expect(held >= Exchange.bufferLimitBytes)
        #expect(held <= Exchange.bufferLimitBytes + 16 << 10)
        #expect(total == 2000 * chunk.utf8.count)
    }

    @Test("sixty-four concurrent transfers do not disturb one another")
    func concurrent() async throws {
        let provider = try ScriptedProvider { request in
            .json(String(decoding: request.body, as: UTF8.self)).split(.every(50))
        }
        let url = provider.url
        let wrong = await LoopThread.run {
            let transport = Self.transport()
            let tasks = (0..<64).map { number in
                Loop.spawn { () -> Bool in
                    for round in 0..<10 {
                        let text = "answer \(number)/\(round) " + String(repeating: "\(number)", count: 100)
                        let reply = await Reply.fetch(HTTPRequest(url: url, body: Array(text.utf8)), transport)
                        if reply.text != text { return false }
                    }
                    return true
                }
            }
            var wrong = 0
            for task in tasks where await !task.value { wrong += 1 }
            return wrong
        }
        #expect(wrong == 0)
    }

    @Loop
    static func transport(_ settings: TransportSettings = TransportSettings()) -> Transport {
        do {
            return try Transport(settings)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}

/// A complete reply, or the part that was received before it failed.
struct Reply: Sendable {
    var status = 0
    var headers: [String] = []
    var text = ""
    var error: TransportError?

    /// The value of `x-front`, which `TLSFront` adds.
    struct Front: Sendable, Hashable {
        let version: String
        let connection: String

        init?(_ head: HTTPHead) {
            self.init(head.headers.first { $0.name == "x-front" }?.value)
        }

        fileprivate init?(_ value: String?) {
            let words = value?.split(separator: " ").map { String($0) } ?? []
            guard words.count == 2 else { return nil }
            (version, connection) = (words[0], words[1])
        }
    }

    var front: Front? {
        Front(headers.first { $0.hasPrefix("x-front: ") }.map { String($0.dropFirst("x-front: ".count)) })
    }

    static func fetch(_ url: String) async -> Reply {
        await fetch(HTTPRequest(url: url, body: Array("{}".utf8)))
    }

    static func fetch(
        _ request: HTTPRequest, _ settings: TransportSettings = TransportSettings(),
        timeouts: ExchangeTimeouts = ExchangeTimeouts(connect: .seconds(30))
    ) async -> Reply {
        await LoopThread.run { await fetch(request, TransportTests.transport(settings), timeouts) }
    }

    @Loop
    static func fetch(
        _ request: HTTPRequest, _ transport: Transport,
        _ timeouts: ExchangeTimeouts = ExchangeTimeouts(connect: .seconds(30))
    ) async -> Reply {
        var reply = Reply()
        let exchange = transport.start(request, timeouts)
        do throws(TransportError) {
            let head = try await exchange.head()
            reply.status = head.status
            reply.headers = head.headers.map { "\($0.name): \($0.value)" }
            var bytes: [UInt8] = []
            var all: [UInt8] = []
            while try await exchange.read(into: &bytes) {
                all += bytes
                exchange.contentBegan()
            }
            reply.text = String(decoding: all, as: UTF8.self)
        } catch {
            reply.error = error
        }
        return reply
    }
}
