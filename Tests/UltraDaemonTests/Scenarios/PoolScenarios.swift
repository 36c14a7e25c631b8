import Foundation
import ScriptedProvider
import Testing

/// Connections that are opened before they are needed. Probes are off: only the pool keeps connections open.
@Suite("Scenarios: the warm pool")
struct PoolScenarios {
    static let unprobed = "[providers.openai]\nprobe = \"none\"\n"

    private static func pool(_ client: Client) throws -> [String: Any] {
        let hosts = try client.ask(#"{"id":1,"op":"status"}"#)["pool"] as? [[String: Any]] ?? []
        #expect(hosts.count == 1)
        return hosts.first ?? [:]
    }

    private static func figures(_ client: Client) throws -> [Int?] {
        let pool = try pool(client)
        return ["open", "idle", "handshakes", "reused"].map { pool[$0] as? Int }
    }

    @Test(
        "a host that closes idle connections: it is seen once, or announced, and from then on one is always ready",
        arguments: [true, false])
    func idleClose(isAnnounced: Bool) throws {
        let openai = try ScriptedProvider()
        openai.closeIdle(after: .seconds(3))
        var nothing = Script.json("{}", status: 404)
        if isAnnounced { nothing.headers.append(("Keep-Alive", "timeout=3, max=1000")) }
        openai.answer("/v1", with: nothing)
        openai.answer(Scenario.chat, with: ScriptedProvider.whole)
        let daemon = try DaemonProcess(openai: openai, file: Self.unprobed)
        let client = try daemon.client()

        // The handshake happens before any request, with a free request that carries no key.
        let first = try openai.blockForRequest()
        #expect(first.method == "HEAD" && first["authorization"] == nil && first.body.isEmpty)
        if !isAnnounced {
            #expect(try openai.blockForConnectionClosed(0).ending == .closedByProvider)
            _ = try openai.blockForRequest()
        }
        let connections = openai.connections.count
        for _ in 0..<2 { #expect(try openai.blockForRequest().method == "HEAD") }
        let asked = openai.requests.count
        #expect(openai.connections.count == connections)
        // The provider records the last request before the daemon has its reply.
        while try Self.pool(client)["idle"] as? Int == 0 {}
        #expect(try Self.figures(client) == [1, 1, connections, asked - connections])

        let answer = try client.ask(#"{"id":2,"op":"generate",\#(Scenario.fields(Scenario.gpt))}"#, id: 2)
        #expect(answer.story == ["openai/gpt-4o ok"])
        #expect(openai.connections.count == connections)
        #expect(openai.connections.last?.ending == nil)
        #expect(openai.connections.dropLast().allSatisfy { $0.ending == .closedByProvider })
        #expect(try Self.pool(client)["open"] as? Int == 1)
        // The warm-up is no evidence about the provider.
        let models = try client.ask(#"{"id":3,"op":"models"}"#, id: 3)["models"] as? [[String: Any]]
        let evidence = models?.first?["evidence"] as? [String: [String: Any]]
        #expect(evidence?["generated"]?["by"] as? String == "live")
    }

    @Test("a probed provider needs no warm-up at the start; a provider without a warm connection gets none")
    func quiet() throws {
        for (file, methods) in [("", ["GET"]), (Self.unprobed + "warm = false\n", [])] {
            let openai = try ScriptedProvider.openAI()
            let daemon = try DaemonProcess(openai: openai, file: file)
            let client = try daemon.client()
            if !methods.isEmpty { _ = try openai.blockForRequest() }
            #expect(
                try client.ask(#"{"id":1,"op":"generate",\#(Scenario.fields(Scenario.gpt))}"#).event == "result")
            #expect(openai.requests.map(\.method) == methods + ["POST"])
            #expect(openai.connections.count == 1)
        }
    }

    @Test("a host that keeps no connection, or is down, is tried ever more rarely")
    func notKept() throws {
        let openai = try ScriptedProvider.openAI(ScriptedProvider.whole)
        openai.answer("/v1", with: .json("{}").then(.close))
        let daemon = try DaemonProcess(openai: openai, file: Self.unprobed)
        let client = try daemon.client()
        _ = try openai.blockForConnectionClosed(0)
        for _ in 0..<3 {
            #expect(
                try client.ask(#"{"id":1,"op":"generate",\#(Scenario.fields(Scenario.gpt))}"#).event == "result")
        }
        #expect(openai.requests.map(\.method) == ["HEAD", "POST", "POST", "POST"])
    }
}
