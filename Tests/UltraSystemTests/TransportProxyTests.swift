import Foundation
import ScriptedProvider
import Testing
import UltraAPI

@testable import UltraSystem

/// Proxies, hosts that need none, and failures between a request and its provider.
@Suite("Transport through proxies")
struct TransportProxyTests {
    private static func settings(http: String? = nil, https: String? = nil, no: String? = nil) -> TransportSettings {
        var settings = TransportSettings()
        settings.httpProxy = http
        settings.httpsProxy = https
        settings.noProxy = no
        return settings
    }

    @Test("an http upstream is asked for through HTTP_PROXY, with its whole URL")
    func absoluteForm() async throws {
        let provider = try ScriptedProvider(.json("here"))
        let proxy = try ForwardProxy()
        let url = "http://provider.invalid:\(provider.port)/v1?x=1"
        let reply = await Reply.fetch(HTTPRequest(url: url, body: Array("{}".utf8)), Self.settings(http: proxy.url))
        #expect(reply.text == "here")
        #expect(proxy.passages.map(\.target) == [url])
        #expect(try await provider.nextRequest().body == Array("{}".utf8))
    }

    @Test("a proxy's connection that was idle for a while serves another host")
    func idleConnection() async throws {
        let provider = try ScriptedProvider(.json("here"))
        let proxy = try ForwardProxy()
        let settings = Self.settings(http: proxy.url)
        let port = provider.port
        let texts = await LoopThread.run {
            let transport = TransportTests.transport(settings)
            var texts: [String] = []
            for host in ["one", "other"] {
                let request = HTTPRequest(url: "http://\(host).invalid:\(port)/")
                texts.append(await Reply.fetch(request, transport).text)
                // Waits until the socket of the one host is watched.
                try? await Loop.sleep(for: .nanoseconds(Int64(ConnectionPool.restNanoseconds) * 12 / 10))
            }
            return texts
        }
        #expect(texts == ["here", "here"])
        #expect(proxy.passages.count == 1)
        #expect(provider.requests.map(\.target) == ["http://one.invalid:\(port)/", "http://other.invalid:\(port)/"])
    }

    @Test(
        "an https upstream is reached through a tunnel of HTTPS_PROXY, which sees none of the request's header fields",
        .enabled(if: TLSFront.isAvailable, "no nginx or openssl"))
    func tunnel() async throws {
        let provider = try ScriptedProvider(.json("here"))
        let front = try TLSFront(to: provider)
        let proxy = try ForwardProxy()
        var settings = Self.settings(http: "http://127.0.0.1:1", https: proxy.url)
        settings.certificateFile = front.caFile
        let request = HTTPRequest(
            url: front.url(.good), headers: [HTTPHeader("Authorization", "Bearer secret")], body: Array("{}".utf8))
        let reply = await Reply.fetch(request, settings)
        #expect(reply.text == "here")
        #expect(reply.front?.version == "HTTP/2.0")
        #expect(proxy.passages.map(\.method) == ["CONNECT"])
        #expect(proxy.passages.first?["authorization"] == nil)
        // Some proxies refuse a client without a user agent.
        #expect(proxy.passages.first?["user-agent"] == settings.userAgent)
        #expect(try await provider.nextRequest()["authorization"] == "Bearer secret")
    }

    @Test("user and password in the proxy's URL go to the proxy alone")
    func credentials() async throws {
        let proxy = try ForwardProxy(.answers(status: 502))
        let reply = await Reply.fetch(
            HTTPRequest(url: "https://provider.invalid/"),
            Self.settings(https: "http://user:word@127.0.0.1:\(proxy.port)"))
        #expect(reply.error?.kind == .proxy)
        #expect(reply.error?.message.contains("word") == false)
        #expect(proxy.passages.first?["proxy-authorization"] == "Basic dXNlcjp3b3Jk")
    }

    @Test(
        "NO_PROXY names hosts, domains, networks or everything",
        arguments: [
            ("127.0.0.1", "127.0.0.1", true), ("127.0.0.0/8", "127.0.0.1", true), ("*", "127.0.0.1", true),
            ("a.example, localhost", "localhost", true), ("10.0.0.0/8", "127.0.0.1", false),
            ("ocalhost", "localhost", false), ("", "localhost", false), (nil, "localhost", false),
        ])
    func noProxy(list: String?, host: String, isDirect: Bool) async throws {
        let provider = try ScriptedProvider(.json("{}"))
        let proxy = try ForwardProxy()
        let reply = await Reply.fetch(
            HTTPRequest(url: "http://\(host):\(provider.port)/"), Self.settings(http: proxy.url, no: list))
        #expect(reply.status == 200)
        #expect(proxy.passages.isEmpty == isDirect)
    }

    @Test("an upstream behind a Unix socket needs no proxy")
    func unixSocket() async throws {
        let path = NSTemporaryDirectory() + "ultra-\(UUID().uuidString.prefix(8)).sock"
        defer { unlink(path) }
        let provider = try ScriptedProvider(.json("here"), at: .unix(path: path))
        let proxy = try ForwardProxy()
        let reply = await Reply.fetch(
            HTTPRequest(method: .get, url: "http://localhost/v1", unixSocketPath: path),
            Self.settings(http: proxy.url))
        #expect(reply.text == "here")
        #expect(proxy.passages.isEmpty)
        #expect(provider.requests.map(\.target) == ["/v1"])
    }

    @Test(
        "a refusal of the tunnel is the proxy's failure, whatever its status",
        arguments: [ForwardProxy.Manner.answers(status: 407), .answers(status: 403), .answers(status: 502), .closes])
    func refusedTunnel(manner: ForwardProxy.Manner) async throws {
        let proxy = try ForwardProxy(manner)
        let reply = await Reply.fetch(
            HTTPRequest(url: "https://provider.invalid/"), Self.settings(https: proxy.url))
        #expect(reply.error?.kind == .proxy)
        #expect(proxy.passages.count == 1)
    }

    @Test("an unreachable proxy is distinguished from an unreachable upstream", arguments: ["http", "https"])
    func deadProxy(scheme: String) async throws {
        let dead = try DeadPort(.refuses)
        let request = HTTPRequest(url: "\(scheme)://provider.invalid/")
        let refused = await Reply.fetch(request, Self.settings(http: dead.url, https: dead.url))
        #expect(refused.error?.kind == .refused)
        #expect(refused.error?.message.contains("127.0.0.1 port \(dead.port)") == true)
        let lost = "http://proxy.invalid:3128"
        #expect(await Reply.fetch(request, Self.settings(http: lost, https: lost)).error?.kind == .proxy)
    }

    @Test("a proxy that says nothing runs into the connect timer")
    func hangingProxy() async throws {
        let proxy = try ForwardProxy(.hangs)
        let reply = await Reply.fetch(
            HTTPRequest(url: "https://provider.invalid/"), Self.settings(https: proxy.url),
            timeouts: ExchangeTimeouts(connect: .milliseconds(50)))
        #expect(reply.error?.kind == .timeout(.connect))
    }

    @Test("a host that never answers runs into the connect timer")
    func silentHost() async throws {
        let port = try DeadPort(.neverAnswers)
        let reply = await Reply.fetch(
            HTTPRequest(url: port.url), timeouts: ExchangeTimeouts(connect: .milliseconds(50)))
        #expect(reply.error?.kind == .timeout(.connect))
        #expect(reply.error?.phase == .connecting)
    }

    @Test("a redirect is a reply like any other", arguments: [301, 302, 303, 307, 308])
    func redirect(status: Int) async throws {
        let elsewhere = try ScriptedProvider(.json("{}"))
        let provider = try ScriptedProvider(
            .json("moved", status: status, headers: [("Location", elsewhere.url + "/")]))
        let reply = await Reply.fetch(provider.url)
        #expect(reply.status == status)
        #expect(reply.text == "moved")
        #expect(reply.headers.contains("location: \(elsewhere.url)/"))
        #expect(elsewhere.connections.isEmpty)
    }
}
