import Foundation
import ScriptedProvider
import Testing

/// Dead connections that look open.
@Suite("Silent connections")
struct SilentConnectionTests {
    private static let haveTLS = TLSFront.isAvailable
    private static let haveNetworks = DelayedNetwork.isAvailable && TLSFront.isAvailable
    /// Settings with which only requests open connections.
    private static let quiet = "[providers.openai]\nprobe = \"none\"\nwarm = false\n"

    private static func daemon(_ front: TLSFront, _ certificate: TLSFront.Certificate, _ file: String = "") throws
        -> DaemonProcess
    {
        try DaemonProcess(openai: front.url(certificate), ["SSL_CERT_FILE": front.caFile], file: quiet + file)
    }

    private static func ask(_ client: Client, _ id: Int, _ more: String = "") throws -> Frame {
        try client.ask(#"{"id":\#(id),"op":"generate",\#(Scenario.fields(Scenario.gpt, more))}"#, id: id)
    }

    /// The connections on which nginx received each request, in order.
    private static func connections(_ openai: ScriptedProvider) -> [String] {
        openai.requests.map { $0["x-front"] ?? "" }
    }

    @Test(
        "after a timeout the next try has a connection of its own, and so has whoever comes then",
        .enabled(if: haveTLS, "no nginx or openssl"), arguments: [TLSFront.Certificate.good, .http1])
    func timeout(certificate: TLSFront.Certificate) throws {
        let openai = try ScriptedProvider.openAI(ScriptedProvider.whole, .hangBeforeHead, ScriptedProvider.whole)
        let front = try TLSFront(to: openai)
        let client = try Self.daemon(front, certificate, "[timeouts]\nfirst_token = \"1s\"\n").client()
        #expect(try Self.ask(client, 1).event == "result")
        let second = try Self.ask(client, 2)
        #expect(second.story == ["openai/gpt-4o error timeout", "openai/gpt-4o ok"])
        #expect(try Self.ask(client, 3).story == ["openai/gpt-4o ok"])
        let used = Self.connections(openai)
        #expect(used.count == 4)
        #expect(used.prefix(2).allSatisfy { $0 == used[0] })
        #expect(used.suffix(2).allSatisfy { $0 != used[0] }, "\(used)")
    }

    @Test(
        "no new request is put on an HTTP/2 connection on which one waits in silence; that one is left alone",
        .enabled(if: haveTLS, "no nginx or openssl"))
    func waiting() throws {
        let gate = Gate()
        let slow = ScriptedProvider.whole.with { $0.body.insert(.wait(gate), at: 0) }
        let openai = try ScriptedProvider.openAI(ScriptedProvider.whole, slow, ScriptedProvider.whole)
        let front = try TLSFront(to: openai)
        let client = try Self.daemon(front, .good).client()
        #expect(try Self.ask(client, 1).event == "result")
        client.send(#"{"id":2,"op":"generate",\#(Scenario.fields(Scenario.gpt))}"#)
        let start = ContinuousClock.now
        // While this request waits, others share its connection.
        for id in 3...5 { #expect(try Self.ask(client, id).event == "result") }
        #expect(Set(Self.connections(openai)).count == 1, "\(Self.connections(openai))")
        // The silence begins; it lasts longer than a silent connection is used.
        while ContinuousClock.now - start < .seconds(18) { usleep(200_000) }
        for id in 6...8 { #expect(try Self.ask(client, id).event == "result") }
        let used = Self.connections(openai)
        #expect(Set(used.suffix(3)).count == 1, "\(used)")
        #expect(used.last != used.first)
        gate.open()
        #expect(try client.frames(2).last?.story == ["openai/gpt-4o ok"])
    }

    @Test(
        "connections that a router has forgotten cost no request, and one timeout",
        .enabled(
            if: haveNetworks, "NOT TESTED: connections that are lost in silence: needs root, /dev/net/tun and nginx"),
        arguments: [(TLSFront.Certificate.good, 1), (.http1, 6)])
    func forgotten(certificate: TLSFront.Certificate, count: Int) throws {
        let network = try DelayedNetwork(oneWay: .milliseconds(1))
        let gate = Gate()
        let held = ScriptedProvider.whole.with { $0.body.insert(.wait(gate), at: 0) }
        let (openai, front) = try network.on(.server) {
            let openai = try ScriptedProvider.openAI()
            return (openai, try TLSFront(to: openai, at: DelayedNetwork.serverAddress))
        }
        openai.answer(
            Scenario.chat, inOrder: Array(repeating: held, count: count) + [ScriptedProvider.whole])
        let daemon = try network.on(.client) {
            try Self.daemon(front, certificate, "[timeouts]\nfirst_token = \"4s\"\n")
        }
        let client = try daemon.client()
        for id in 1...count { client.send(#"{"id":\#(id),"op":"generate",\#(Scenario.fields(Scenario.gpt))}"#) }
        for _ in 0..<count { _ = try openai.blockForRequest() }
        gate.open()
        var ended = 0
        while ended < count, let frame = try client.next() { ended += frame.event == "result" ? 1 : 0 }
        let pool = try client.ask(#"{"id":99,"op":"status"}"#, id: 99)["pool"] as? [[String: Any]]
        #expect(pool?.first?["open"] as? Int == count)

        network.forgetConnections()
        let start = ContinuousClock.now
        let answer = try Self.ask(client, 100)
        #expect(answer.event == "result", "\(answer.object)")
        #expect(ContinuousClock.now - start < .seconds(6))
        // The other old connections are not tried one by one.
        let next = ContinuousClock.now
        for id in 101...106 { client.send(#"{"id":\#(id),"op":"generate",\#(Scenario.fields(Scenario.gpt))}"#) }
        var stories: [[String]] = []
        while stories.count < 6, let frame = try client.next() { if frame.isTerminal { stories.append(frame.story) } }
        #expect(stories.allSatisfy { $0 == ["openai/gpt-4o ok"] }, "\(stories)")
        #expect(ContinuousClock.now - next < .seconds(2))
    }

    @Test(
        "a change of addresses ends the connections that rest",
        .enabled(if: haveNetworks, "NOT TESTED: changes of the network: needs root, /dev/net/tun and nginx"),
        arguments: [TLSFront.Certificate.good, .http1])
    func networkChange(certificate: TLSFront.Certificate) throws {
        let network = try DelayedNetwork(oneWay: .zero)
        let (openai, front) = try network.on(.server) {
            let openai = try ScriptedProvider.openAI()
            return (openai, try TLSFront(to: openai, at: DelayedNetwork.serverAddress))
        }
        let daemon = try network.on(.client) { try Self.daemon(front, certificate) }
        let client = try daemon.client()
        for id in 1...2 { #expect(try Self.ask(client, id).event == "result") }
        try network.on(.client) {
            let ip = try Subprocess("/sbin/ip", ["address", "add", "10.203.0.9/32", "dev", "line"])
            #expect(ip.wait() == 0)
        }
        for id in 3...4 { #expect(try Self.ask(client, id).event == "result") }
        let used = Self.connections(openai)
        #expect(used.count == 4 && used[0] == used[1] && used[2] == used[3] && used[1] != used[2], "\(used)")
        #expect(openai.requests.count == 4)
    }

    /// Sends `answer` and, once `gate` opens, bytes that belong to no request.
    private static func poisoned(_ gate: Gate, closes: Bool = false) -> Script {
        let other = RelayTests.answer.replacing("hello there", with: "not for you")
        let poison = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(other.utf8.count)\r\n\r\n"
        return ScriptedProvider.whole.with {
            $0.body += [.end, .wait(gate), .send(poison + other)] + (closes ? [.close] : [])
        }
    }

    @Test("bytes on an idle connection are not the reply to the next request", arguments: [true, false])
    func poison(closes: Bool) throws {
        let gate = Gate()
        let openai = try ScriptedProvider.openAI(Self.poisoned(gate, closes: closes), ScriptedProvider.whole)
        openai.answer("/barrier", with: .json("{}"))
        let daemon = try DaemonProcess(openai: openai, file: Self.quiet)
        let client = try daemon.client()
        #expect(try Self.ask(client, 1).text == "hello there")
        gate.open()
        // The provider works sequentially: when it has answered this request, it has sent those bytes.
        for _ in 0..<2 {
            #expect(try Subprocess("/usr/bin/curl", ["-s", "-o", "/dev/null", openai.url + "/barrier"]).wait() == 0)
        }
        #expect(try Self.ask(client, 2).text == "hello there")
        #expect(openai.connections.count == 4)
    }

    @Test("a resting connection that says anything is closed, without waiting for a request")
    func speaking() throws {
        let gate = Gate()
        let openai = try ScriptedProvider.openAI(Self.poisoned(gate))
        let daemon = try DaemonProcess(openai: openai, file: Self.quiet)
        #expect(try Self.ask(try daemon.client(), 1).text == "hello there")
        gate.open()
        _ = try openai.blockForConnectionClosed(0)
    }
}
