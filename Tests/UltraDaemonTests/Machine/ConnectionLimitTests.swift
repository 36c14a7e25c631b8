import Foundation
import ScriptedProvider
import Testing
import UltraAPI

@testable import UltraDaemon

@Suite("Connections that are refused")
struct ConnectionLimitTests {
    struct Row: Sendable {
        var open: Int
        var ofUser: Int
        var descriptors: Int? = 16_384
        var refusal: ConnectionRefusal?
    }

    @Test(
        "by the user's limit, the limit of all, and the descriptors there are",
        arguments: [
            Row(open: 0, ofUser: 0), Row(open: 9, ofUser: 1),
            Row(open: 9, ofUser: 2, refusal: .ofUser(7, limit: 2)),
            Row(open: 10, ofUser: 0, refusal: .total(limit: 10)),
            Row(open: 10, ofUser: 2, refusal: .ofUser(7, limit: 2)), Row(open: 9, ofUser: 0, descriptors: nil),
            // 24 descriptors are kept for upstreams and files, and at least one client is served.
            Row(open: 5, ofUser: 0, descriptors: 30), Row(open: 6, ofUser: 0, descriptors: 30, refusal: .descriptors),
            Row(open: 0, ofUser: 0, descriptors: 10), Row(open: 1, ofUser: 0, descriptors: 10, refusal: .descriptors),
        ])
    func rule(row: Row) {
        var limits = Limits()
        limits.connections = 10
        limits.connectionsPerUser = 2
        let refusal = ConnectionRefusal(
            open: row.open, ofUser: row.ofUser, uid: 7, limits, descriptorLimit: row.descriptors)
        #expect(refusal == row.refusal)
    }

    @Test("a quarter of many descriptors is reserved", arguments: [(1024, 768), (16_384, 12_288), (40, 16), (8, 1)])
    func share(limit: Int, clients: Int) {
        #expect(ConnectionRefusal.clients(limit) == clients)
    }

    @Test("one log line a minute counts the further refusals")
    func minuteLine() {
        var line = MinuteLine()
        #expect(line.isDue(at: 5) == 0)
        #expect(line.isDue(at: 6) == nil && line.isDue(at: 60_000_000_004) == nil)
        #expect(line.isDue(at: 60_000_000_005) == 2)
        #expect(line.isDue(at: 120_000_000_005) == 0)
    }

    @Test(
        "one error frame names the limit before the connection closes, and the log has one line",
        arguments: [
            ("connections_per_user = 2", "connections_per_user", "rate_limited"),
            ("connections = 2", "limits.connections", "rate_limited"),
        ])
    func told(limit: String, name: String, code: String) throws {
        let daemon = try DaemonProcess(["USE_MOCK": "true"], file: "[limits]\n\(limit)\n")
        let first = try daemon.client()
        // Waits until the connection that tested the socket is closed, so that this one is the only one.
        while let connections = try first.ask(#"{"id":1,"op":"status"}"#)["connections"] as? [String: Any],
            connections["open"] as? Int != 1
        {}
        let second = try daemon.client()
        #expect(try second.ask(#"{"id":1,"op":"ping"}"#).event == "result")
        for _ in 0..<5 {
            let refused = try daemon.client()
            refused.send(#"{"id":1,"op":"ping"}"#)
            let frame = try #require(try refused.next())
            #expect(frame.id == 0 && frame.code == code && frame.error["provider"] as? String == "ultrad")
            #expect((frame.error["message"] as? String)?.contains(name) == true)
            #expect(try refused.next() == nil)
        }
        #expect(try first.ask(#"{"id":2,"op":"ping"}"#, id: 2).event == "result")
        #expect(daemon.logText.components(separatedBy: "connections are refused").count == 2)
    }

    @Test("40 descriptors and 60 silent clients: requests are answered, the next client is refused, the loop sleeps")
    func fewDescriptors() throws {
        let openai = try ScriptedProvider.openAI()
        let daemon = try DaemonProcess(
            ["OPENAI_API_KEY": "sk-test", "OPENAI_API_ENDPOINT": openai.url + "/v1"],
            launcher: ["/bin/sh", "-c", "ulimit -n 40; exec \"$0\" \"$@\""])
        let early = try daemon.client()
        var silent: [Client] = []
        for _ in 0..<60 { silent.append(try daemon.client()) }
        let told = try #require(try silent.last?.next())
        #expect(told.code == "overloaded" && "\(told.error["message"] ?? "")".contains("too many open files"))
        let answer = try early.ask(#"{"id":1,"op":"generate","model":"openai/gpt-4o","prompt":"a"}"#)
        #expect(answer.event == "result")
        #expect(daemon.logText.contains("too many open files"))
        let before = daemon.processorNanoseconds
        usleep(500_000)  // the test measures that nothing happens
        #expect(daemon.processorNanoseconds - before < 100_000_000)
        silent = []
        #expect(try early.ask(#"{"id":2,"op":"ping"}"#, id: 2).event == "result")
        while (try? daemon.client().ask(#"{"id":1,"op":"ping"}"#).event) != "result" { usleep(2000) }
        #expect(daemon.process.isRunning)
    }

    @Test("no descriptor for an upstream: the error names the daemon's shortage, and no provider is blamed")
    func noUpstream() throws {
        let openai = try ScriptedProvider.openAI(.hangBeforeHead)
        let daemon = try DaemonProcess(
            ["OPENAI_API_KEY": "sk-test", "OPENAI_API_ENDPOINT": openai.url + "/v1"],
            file: "[retry]\nper_candidate = 0\n")
        let client = try daemon.client()
        #expect(try client.ask(#"{"id":1,"op":"probe"}"#).event == "result")
        // Idle connections to the provider are then in use: the next request needs a new one.
        for id in 11...13 {
            client.send(#"{"id":\#(id),"op":"generate","model":"openai/gpt-4o","prompt":"a","fallback":false}"#)
        }
        try openai.blockForCalls(3)
        // Lowers the limit as if all descriptors were in use: no number below the new limit is free.
        let limiter = try Process.run(
            URL(filePath: "/usr/bin/prlimit"),
            arguments: ["--pid", "\(daemon.process.processIdentifier)", "--nofile=8:8"])
        limiter.waitUntilExit()
        try #require(limiter.terminationStatus == 0)
        let answer = try client.ask(
            #"{"id":2,"op":"generate","model":"openai/gpt-4o","prompt":"a","fallback":false}"#, id: 2)
        #expect(answer.code == "overloaded" && answer.error["provider"] as? String == "ultrad")
        #expect("\(answer.error["message"] ?? "")".contains("too many open files"))
        let providers = try client.ask(#"{"id":3,"op":"status"}"#, id: 3)["providers"] as? [[String: Any]]
        #expect(providers?.first { $0["id"] as? String == "openai" }?["state"] as? String == "available")
    }
}
