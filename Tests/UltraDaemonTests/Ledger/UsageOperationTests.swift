import Foundation
import ScriptedProvider
import Testing
import UltraSystem

@testable import UltraDaemon

/// The operation `usage` of the built daemon.
@Suite("usage")
struct UsageOperationTests {
    static func rows(_ client: Client, _ fields: String = "", id: Int = 999) throws -> [[String: Any]] {
        let frame = try client.ask(#"{"id":\#(id),"op":"usage"\#(fields.isEmpty ? "" : ",")\#(fields)}"#, id: id)
        guard let rows = frame["rows"] as? [[String: Any]] else { throw ClientError(what: "\(frame.object)") }
        return rows
    }

    static func ledger(_ client: Client) throws -> [String: Any] {
        try client.ask(#"{"id":998,"op":"status"}"#, id: 998)["ledger"] as? [String: Any] ?? [:]
    }

    /// The result of `sql` on the ledger in the state directory.
    @Disk
    static func integer(_ folder: String, _ sql: String) throws -> Int? {
        try Database("\(folder)/ledger.sqlite").integer(sql)
    }

    @Test("a request is in the next result of `usage`, with everything known about it")
    func row() throws {
        let scenario = try Scenario(["openai": try .openAI()])
        let answer = try scenario.generate(Scenario.gpt, #""tags":["x","y"]"#)
        let usage = try #require(answer["usage"] as? [String: Any])
        let keys = #""group_by":["model","provider","user","group","program","op","outcome","tag","day","hour"]"#
        let rows = try Self.rows(scenario.client, keys)
        #expect(rows.count == 2)
        let row = try #require(rows.first)
        #expect(row["model"] as? String == Scenario.gpt && row["provider"] as? String == "openai")
        #expect(row["uid"] as? Int == Int(getuid()) && row["gid"] as? Int == Int(getgid()))
        let comm = try String(contentsOfFile: "/proc/self/comm", encoding: .utf8).dropLast()
        #expect(row["program"] as? String == String(comm))
        #expect(row["op"] as? String == "generate" && row["outcome"] as? String == "ok")
        #expect(Set(rows.compactMap { $0["tag"] as? String }) == ["x", "y"])
        #expect(row["requests"] as? Int == 1 && row["failed"] as? Int == 0)
        #expect(row["input_tokens"] as? Int == usage["input_tokens"] as? Int && row["input_tokens"] is Int)
        #expect(row["output_tokens"] as? Int == usage["output_tokens"] as? Int)
        #expect(row["cost_usd"] as? Double == answer["cost_usd"] as? Double && row["cost_usd"] is Double)
        #expect((row["total_p50_ms"] as? Double ?? 0) > 0 && (row["first_token_p50_ms"] as? Double ?? 0) > 0)
        #expect((row["hour"] as? String)?.hasPrefix(row["day"] as? String ?? "?") == true)
    }

    @Test("streams, embeddings and failures are recorded; requests that never reached a candidate are not")
    func kinds() throws {
        let refusal = Script.json(#"{"error":{"message":"no"}}"#, status: 400)
        let provider = try ScriptedProvider.openAI(ScriptedProvider.whole, refusal)
        provider.answer(
            "/v1/embeddings", with: .json(#"{"data":[{"embedding":[1],"index":0}],"usage":{"prompt_tokens":3}}"#))
        let scenario = try Scenario(["openai": provider])
        _ = try scenario.ask("generate", Scenario.fields("nobody/nothing"))
        _ = try scenario.generate(Scenario.gpt)
        let failed = try scenario.generate(Scenario.gpt)
        #expect(failed.event == "error")
        _ = try scenario.ask("embed", #""model":"openai/text-embedding-3-small","input":["a"]"#)
        let rows = try Self.rows(scenario.client, #""group_by":["op","outcome"]"#)
        let found = Dictionary(
            uniqueKeysWithValues: rows.map { ("\($0["op"] ?? "") \($0["outcome"] ?? "")", $0["requests"] as? Int) })
        #expect(found == ["generate ok": 1, "generate \(failed.code ?? "")": 1, "embed ok": 1])
        #expect(rows.first { $0["op"] as? String == "embed" }?["input_tokens"] as? Int == 3)
    }

    @Test("usage reported by a failed attempt is in the row of its attempt chain")
    func failedAttempt() throws {
        let usage = #"{"id":"c","choices":[],"usage":{"prompt_tokens":40,"completion_tokens":2}}"#
        let scenario = try Scenario([
            "openai": try .openAI(
                .events([usage], end: nil), .events([RelayTests.chunk("a"), RelayTests.finish, usage]))
        ])
        #expect(try scenario.ask("stream", Scenario.fields(Scenario.gpt)).event == "done")
        let row = try #require(try Self.rows(scenario.client).first)
        #expect(row["input_tokens"] as? Int == 80 && row["output_tokens"] as? Int == 4)
        #expect(row["requests"] as? Int == 1)
        // gpt-4o: 40 tokens at 2.5 USD per million cost 100 micro-USD, 2 at 10 cost 20; twice.
        #expect(row["cost_usd"] as? Double == 0.00024)
    }

    @Test("kill -9 loses at most the last second, a restart continues the day, and the file stays sound")
    func kill() async throws {
        let folder = try TemporaryFolder("ultra-state")
        let state = ["STATE_DIRECTORY": folder.path, "USE_MOCK": "true"]
        var sent = 0
        for round in 1...3 {
            let daemon = try DaemonProcess(state)
            let client = try daemon.client()
            let before = try client.ask(#"{"id":1,"op":"status"}"#)["today"] as? [String: Any]
            #expect(before?["requests"] as? Int == sent)
            #expect(before?["input_tokens"] as? Int == 2 * sent)
            for id in 1...500 { client.send(#"{"id":\#(id),"op":"generate","model":"mock/echo","prompt":"a b"}"#) }
            for _ in 1...500 { _ = try client.next() }
            sent += 500
            let today = try client.ask(#"{"id":1,"op":"status"}"#)["today"] as? [String: Any]
            #expect(today?["requests"] as? Int == sent)
            if round == 3 {
                daemon.signal(SIGTERM)
                #expect(daemon.exitCode() == 0)
            } else {
                // The daemon promises that every row is on the disk one second after its request ended.
                usleep(1_000_000)
                daemon.signal(SIGKILL)
                _ = daemon.exitCode()
            }
        }
        #expect(try await Self.integer(folder.path, "SELECT count(*) FROM requests") == sent)
        #expect(try await Self.integer(folder.path, "SELECT count(*) FROM pragma_integrity_check WHERE 1") == 1)
    }

    @Test("killed at any moment of a write, the daemon leaves a sound file of whole rows")
    func killAnywhere() async throws {
        let folder = try TemporaryFolder("ultra-state")
        var random = SplitMix(seed: 11)
        for _ in 0..<6 {
            let daemon = try DaemonProcess(["STATE_DIRECTORY": folder.path, "USE_MOCK": "true"])
            let client = try daemon.client()
            // An existing ledger is open once the daemon answers, and it has no row of this process yet.
            _ = try client.ask(#"{"id":1,"op":"status"}"#)
            let pause = useconds_t.random(in: 0...150_000, using: &random)
            let kill = KillWhileWriting(daemon, in: folder.path, after: pause)
            var id = 1
            var isAlive = true
            while isAlive {
                for _ in 0..<64 {
                    id += 1
                    client.send(#"{"id":\#(id),"op":"generate","model":"mock/echo","prompt":"a"}"#)
                }
                for _ in 0..<64 where isAlive { isAlive = (try? client.next()) != nil }
            }
            #expect(kill.didSeeWriting(), "\(daemon.logText)")
            #expect(daemon.exitCode() == SIGKILL && daemon.process.terminationReason == .uncaughtSignal)
        }
        #expect(
            try await Self.integer(
                folder.path, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'") == 0)
        let client = try DaemonProcess(["STATE_DIRECTORY": folder.path]).client()
        let rows = try Self.rows(client, #""group_by":["outcome"]"#)
        let count = try await Self.integer(folder.path, "SELECT count(*) FROM requests")
        #expect(rows.reduce(0) { $0 + ($1["requests"] as? Int ?? 0) } == count && (count ?? 0) > 0)
    }

    @Test("a damaged file is set aside and reported", arguments: ["no database at all", "torn"])
    func damaged(kind: String) throws {
        let folder = try TemporaryFolder("ultra-state")
        let path = "\(folder.path)/ledger.sqlite"
        if kind == "torn" {
            let daemon = try DaemonProcess(["STATE_DIRECTORY": folder.path, "USE_MOCK": "true"])
            _ = try daemon.client().ask(#"{"id":1,"op":"generate","model":"mock/echo","prompt":"a"}"#)
            daemon.signal(SIGTERM)
            _ = daemon.exitCode()
            let file = try FileHandle(forUpdating: URL(filePath: path))
            try file.seek(toOffset: 100)
            try file.write(contentsOf: Data(repeating: 0xa5, count: 9000))
        } else {
            try String(repeating: kind, count: 1000).write(toFile: path, atomically: true, encoding: .utf8)
        }
        let daemon = try DaemonProcess(["STATE_DIRECTORY": folder.path, "USE_MOCK": "true"])
        let client = try daemon.client()
        _ = try client.ask(#"{"id":1,"op":"generate","model":"mock/echo","prompt":"a"}"#)
        #expect(try Self.rows(client).first?["requests"] as? Int == 1)
        #expect(daemon.logText.contains("set aside"), "\(daemon.logText)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).contains { $0.contains(".damaged-") })
        #expect(try Self.ledger(client)["state"] as? String == "recording")
    }

    @Test("an unwritable state directory fails no request, is reported once, and `status` shows it")
    func readOnly() throws {
        let daemon = try DaemonProcess(["STATE_DIRECTORY": "/proc/ultra", "USE_MOCK": "true"])
        let client = try daemon.client()
        for id in 1...3 {
            #expect(
                try client.ask(#"{"id":\#(id),"op":"generate","model":"mock/echo","prompt":"a"}"#, id: id).event
                    == "result")
            usleep(600_000)  // longer than the delay of a batch
        }
        let lines = daemon.logText.split(separator: "\n").filter { $0.contains("the ledger is not written") }
        #expect(lines.count == 1 && lines[0].contains("state_directory"), "\(daemon.logText)")
        let ledger = try Self.ledger(client)
        #expect(ledger["state"] as? String == "failing" && ledger["error"] is String && ledger["since"] is String)
        #expect(ledger["pending"] as? Int == 3)
        let usage = try client.ask(#"{"id":9,"op":"usage"}"#, id: 9)
        #expect(usage.code == "internal" && usage.error["hint"] is String)
    }

    @Test("a retention of zero records nothing, and usage says so")
    func off() throws {
        let folder = try TemporaryFolder("ultra-state")
        try "[ledger]\nretention = 0\n".write(
            toFile: "\(folder.path)/ultrad.toml", atomically: true, encoding: .utf8)
        let daemon = try DaemonProcess([
            "STATE_DIRECTORY": folder.path, "CONFIGURATION_DIRECTORY": folder.path, "USE_MOCK": "true",
        ])
        let client = try daemon.client()
        _ = try client.ask(#"{"id":1,"op":"generate","model":"mock/echo","prompt":"a"}"#)
        let message = try client.ask(#"{"id":1,"op":"usage"}"#).error["message"] as? String
        #expect(message == "nothing is recorded: ledger.retention is 0")
        #expect(try Self.ledger(client)["state"] as? String == "off")
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/ledger.sqlite"))
    }
}
