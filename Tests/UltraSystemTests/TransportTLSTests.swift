import ScriptedProvider
import Testing
import UltraAPI

@testable import UltraSystem

/// HTTPS and HTTP/2, as nginx speaks them.
@Suite("Transport over TLS", .enabled(if: TLSFront.isAvailable, "no nginx or openssl"))
struct TransportTLSTests {
    let provider: ScriptedProvider
    let front: TLSFront

    init() throws {
        provider = try ScriptedProvider(.json("{}"))
        front = try TLSFront(to: provider)
    }

    private var settings: TransportSettings {
        var settings = TransportSettings()
        settings.certificateFile = front.caFile
        return settings
    }

    @Test(
        "HTTP/2 is spoken where it is offered, HTTP/1.1 where it is not",
        arguments: [(TLSFront.Certificate.good, "HTTP/2.0"), (.http1, "HTTP/1.1")])
    func version(certificate: TLSFront.Certificate, expected: String) async throws {
        let reply = await Reply.fetch(HTTPRequest(url: front.url(certificate)), settings)
        #expect(reply.error == nil)
        #expect(reply.text == "{}")
        #expect(reply.front?.version == expected)
    }

    @Test(
        "each flaw of a certificate is refused for its own reason, before anything is sent",
        arguments: [
            (TLSFront.Certificate.expired, TransportError.Kind.certificateExpired),
            (.unknownCA, .certificateUntrusted), (.wrongHost, .certificateWrongHost),
        ])
    func badCertificate(certificate: TLSFront.Certificate, expected: TransportError.Kind) async throws {
        let reply = await Reply.fetch(HTTPRequest(url: front.url(certificate)), settings)
        #expect(reply.error?.kind == expected)
        #expect(reply.error?.phase == .tls)
        #expect(provider.requests.isEmpty)
    }

    @Test("a certificate needs its authority's file; a missing file is reported")
    func authorities() async throws {
        let request = HTTPRequest(url: front.url(.good))
        #expect(await Reply.fetch(request, TransportSettings()).error?.kind == .certificateUntrusted)
        var settings = settings
        settings.certificateFile = "/nonexistent/ca.pem"
        let missing = await Reply.fetch(request, settings)
        #expect(missing.error?.kind == .tls)
        #expect(missing.error?.message.contains("/nonexistent/ca.pem") == true)
    }

    @Test("https to a port that speaks plain HTTP is no TLS; http to a TLS port gets a reply and no more")
    func wrongScheme() async throws {
        let plain = await Reply.fetch(HTTPRequest(url: front.url(.none)), settings)
        #expect(plain.error?.kind == .tls)
        #expect(plain.error?.phase == .tls)
        let url = front.url(.good)
        let encrypted = await Reply.fetch(HTTPRequest(url: "http" + url.dropFirst("https".count)), settings)
        #expect(encrypted.status == 400)
        #expect(provider.requests.isEmpty)
    }

    @Test("one HTTP/2 connection serves many requests, concurrent and consecutive")
    func multiplexing() async throws {
        provider.answer("/held", with: .hang(after: [.event("1")]))
        let (settings, url) = (settings, front.url(.good))
        let fronts = await LoopThread.run {
            let transport = TransportTests.transport(settings)
            let held = transport.start(HTTPRequest(url: url + "/held"), ExchangeTimeouts(connect: .seconds(30)))
            let head = try? await held.head()
            let tasks = (0..<50).map { _ in
                Loop.spawn { () -> [Reply.Front?] in
                    var fronts: [Reply.Front?] = []
                    for _ in 0..<4 { fronts.append(await Reply.fetch(HTTPRequest(url: url), transport).front) }
                    return fronts
                }
            }
            var fronts = [head.flatMap { Reply.Front($0) }]
            for task in tasks { fronts += await task.value }
            held.cancel()
            return fronts
        }
        #expect(fronts.count == 201)
        #expect(Set(fronts).count == 1, "\(Set(fronts))")
        #expect(fronts.first??.version == "HTTP/2.0")
    }

    @Test("more requests at once than a connection has streams are all answered")
    func streamLimit() async throws {
        let gate = Gate()
        provider.answer("/", with: .stream([.event("1"), .wait(gate), .event("2")]))
        let (settings, url) = (settings, front.url(.good) + "/")
        let provider = provider
        let replies = await LoopThread.run {
            let transport = TransportTests.transport(settings)
            let tasks = (0..<250).map { _ in
                Loop.spawn { await Reply.fetch(HTTPRequest(url: url), transport) }
            }
            _ = try? await provider.requests(100)
            gate.open()
            var replies: [Reply] = []
            for task in tasks { replies.append(await task.value) }
            return replies
        }
        #expect(replies.allSatisfy { $0.status == 200 && $0.text == "data: 1\n\ndata: 2\n\n" })
    }

    @Test("a body posted over HTTP/2 arrives unchanged", arguments: [0, 1, 100_000, 3_000_000])
    func postedBody(size: Int) async throws {
        let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let reply = await Reply.fetch(HTTPRequest(url: front.url(.good), body: body), settings)
        #expect(reply.status == 200)
        #expect(reply.front?.version == "HTTP/2.0")
        #expect(try await provider.nextRequest().body == body)
    }

    @Test("cancelling one HTTP/2 stream ends it upstream and leaves its neighbours alone")
    func cancelOne() async throws {
        let gate = Gate()
        provider.answer("/cancelled", with: .hang(after: [.event("1")]))
        provider.answer("/kept", with: .stream([.event("1"), .wait(gate), .event("2")]))
        let (settings, url) = (settings, front.url(.good))
        let provider = provider
        let (reply, error) = await LoopThread.run {
            let transport = TransportTests.transport(settings)
            let kept = Loop.spawn { await Reply.fetch(HTTPRequest(url: url + "/kept"), transport) }
            _ = try? await provider.requests(1)
            let cancelled = Loop.spawn { await Reply.fetch(HTTPRequest(url: url + "/cancelled"), transport) }
            let number = (try? await provider.requests(2))?.last?.connection ?? -1
            cancelled.cancel()
            let error = await cancelled.value.error
            _ = try? await provider.connectionClosed(number)
            gate.open()
            return (await kept.value, error)
        }
        #expect(error?.kind == .cancelled)
        #expect(reply.text == "data: 1\n\ndata: 2\n\n")
        #expect(reply.error == nil)
        #expect(provider.requests.last.map { provider.connections[$0.connection].ending } == .closedByClient)
    }

    @Test("an unread HTTP/2 stream does not delay another, and loses nothing")
    func backpressure() async throws {
        let chunk = String(repeating: "x", count: 16 << 10)
        provider.answer("/big", with: .stream([.repeat(count: 2000, [.chunk(chunk)])]))
        let (settings, url) = (settings, front.url(.good))
        let (replies, total, held, front) = await LoopThread.run {
            let transport = TransportTests.transport(settings)
            let big = transport.start(HTTPRequest(url: url + "/big"), ExchangeTimeouts(connect: .seconds(30)))
            let head = try? await big.head()
            while big.bufferedByteCount < Exchange.bufferLimitBytes { try? await Loop.sleep(for: .milliseconds(1)) }
            var replies: [Reply] = []
            for _ in 0..<20 {
                let timeouts = ExchangeTimeouts(connect: .seconds(30), total: .seconds(10))
                replies.append(await Reply.fetch(HTTPRequest(url: url), transport, timeouts))
            }
            let held = big.bufferedByteCount
            var total = 0
            var bytes: [UInt8] = []
            while (try? await big.read(into: &bytes)) == true { total += bytes.count }
            return (replies, total, held, head.flatMap { Reply.Front($0) })
        }
        #expect(replies.map(\.error) == Array(repeating: nil, count: 20))
        #expect(replies.allSatisfy { $0.front == front })
        #expect(held <= Exchange.bufferLimitBytes + 16 << 10)
        #expect(total == 2000 * chunk.utf8.count)
    }

    @Test("an HTTP/2 connection that died while idle is replaced, unseen")
    func staleConnection() async throws {
        let proxy = try ForwardProxy()
        var settings = settings
        settings.httpsProxy = proxy.url
        let url = front.url(.good)
        let replies = await LoopThread.run { [settings] in
            let transport = TransportTests.transport(settings)
            let request = HTTPRequest(url: url, body: Array("{}".utf8))
            let first = await Reply.fetch(request, transport)
            let second = await Reply.fetch(request, transport)
            proxy.cut()
            return [first, second, await Reply.fetch(request, transport)]
        }
        #expect(replies.map(\.status) == [200, 200, 200])
        #expect(replies[0].front == replies[1].front)
        #expect(replies[1].front != replies[2].front)
        #expect(proxy.passages.count == 2)
    }

    @Test("an HTTP/2 connection that breaks ends every stream on it, each as far as it had come")
    func brokenConnection() async throws {
        let proxy = try ForwardProxy()
        provider.answer("/body", with: .hang(after: [.event("1")]))
        var settings = settings
        settings.httpsProxy = proxy.url
        let url = front.url(.good) + "/body"
        let provider = provider
        let replies = await LoopThread.run { [settings] in
            let transport = TransportTests.transport(settings)
            let exchanges = (0..<3).map { _ in
                transport.start(HTTPRequest(url: url), ExchangeTimeouts(connect: .seconds(30)))
            }
            for exchange in exchanges { _ = try? await exchange.head() }
            proxy.cut()
            var errors: [TransportError?] = []
            for exchange in exchanges {
                var bytes: [UInt8] = []
                do throws(TransportError) {
                    while try await exchange.read(into: &bytes) {}
                    errors.append(nil)
                } catch {
                    errors.append(error)
                }
            }
            return errors
        }
        #expect(replies.map { $0?.kind } == Array(repeating: .connectionLost, count: 3))
        #expect(replies.map { $0?.phase } == Array(repeating: .body, count: 3))
        #expect(provider.requests.count == 3)
    }
}
