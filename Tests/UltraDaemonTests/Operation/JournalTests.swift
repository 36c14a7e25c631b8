import Foundation
import ScriptedProvider
import Testing

@testable import UltraDaemon

@Suite("The journal")
struct JournalTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static let catalogue = try? String(
        contentsOf: root.appending(path: "systemd/ultrad.catalog"), encoding: .utf8)

    /// The text of each entry, by id.
    private static func entries() throws -> [String: String] {
        let text = try #require(catalogue)
        let entries = text.split(separator: "\n-- ").dropFirst().map { entry in
            let id = entry.prefix { $0 != "\n" }
            return (String(id), String(entry.dropFirst(id.count + 1)))
        }
        return try #require(entries.isEmpty ? nil : Dictionary(entries) { _, _ in "twice" })
    }

    private static func sources() throws -> String {
        let base = root.appending(path: "Sources").path()
        return try FileManager.default.subpathsOfDirectory(atPath: base).filter { $0.hasSuffix(".swift") }
            .map { try String(contentsOfFile: "\(base)/\($0)", encoding: .utf8) }.joined(separator: "\n")
    }

    @Test("each message is in the catalogue, and nothing else is")
    func messages() throws {
        let entries = try Self.entries()
        #expect(entries.keys.sorted() == JournalMessage.allCases.map(\.rawValue).sorted())
        for (id, text) in entries {
            #expect(id.wholeMatch(of: /[0-9a-f]{32}/) != nil)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.first?.hasPrefix("Subject: ") == true && lines.contains("Defined-By: ultrad"), "\(id)")
            // An entry has at least a meaning and a remedy.
            #expect(text.split(separator: "\n\n").count >= 2, "\(id)")
        }
        // Ids are defined in one place only, and each message is used somewhere.
        let sources = try Self.sources()
        let numbers = Set(sources.matches(of: /"([0-9a-f]{32})"/).map { String($0.output.1) })
        #expect(numbers == Set(entries.keys))
        let said = Set(sources.matches(of: /\.note\(\s*\.(\w+)/).map { String($0.output.1) })
        // The ledger reports `ledgerTrouble` with a function of its own.
        #expect(said.union(["ledgerTrouble"]) == Set(JournalMessage.allCases.map { "\($0)" }))
    }

    @Test("the catalogue names existing fields only")
    func fields() throws {
        let sources = try Self.sources()
        let sent = Set(sources.matches(of: /"(ultra_[a-z_]+)"/).map { $0.output.1.uppercased() })
        let named = Set(try #require(Self.catalogue).matches(of: /@([A-Z_]+)@/).map { String($0.output.1) })
        #expect(named.count >= 8)
        #expect(named.subtracting(sent) == [])
    }

    @Test(
        "journalctl takes the catalogue",
        .enabled(if: access("/usr/bin/journalctl", X_OK) == 0, "needs journalctl"))
    func compiled() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ultra-\(UUID().uuidString.prefix(8))")
        defer { try? FileManager.default.removeItem(at: folder) }
        let place = folder.appending(path: "usr/lib/systemd/catalog")
        for path in [place, folder.appending(path: "var/lib/systemd/catalog")] {
            try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
        }
        try FileManager.default.copyItem(
            at: Self.root.appending(path: "systemd/ultrad.catalog"), to: place.appending(path: "ultrad.catalog"))
        func journalctl(_ arguments: String...) throws -> String {
            let (process, pipe) = (Process(), Pipe())
            process.executableURL = URL(filePath: "/usr/bin/journalctl")
            process.arguments = ["--root", folder.path(), "--no-pager"] + arguments
            (process.standardOutput, process.standardError) = (pipe, pipe)
            try process.run()
            let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 0, "\(output)")
            return output
        }
        #expect(try journalctl("--update-catalog") == "")
        let list = try journalctl("--list-catalog")
        for message in JournalMessage.allCases { #expect(list.contains("\(message.rawValue) ultrad: "), "\(list)") }
    }

    @Test(
        "entries have the fields that were promised, and never a key, a prompt or an answer",
        .enabled(if: FakeJournal.canStandIn, "needs root and mount namespaces"))
    func entries() throws {
        let journal = try FakeJournal()
        let isRefusing = Switch(false)
        let provider = try ScriptedProvider { request in
            if request.method == "GET" { return ScriptedProvider.list(["gpt-4o"]) }
            guard isRefusing.get() else { return .json(RelayTests.answer) }
            return .json(
                #"{"error":{"message":"Incorrect key sk-secret-key for: tell my prompt","code":"invalid_api_key"}}"#,
                status: 401, headers: [("x-request-id", "req_77")])
        }
        let folder = try TemporaryFolder("ultra-journal")
        try folder.write("ultrad.toml", "")
        let environment = [
            "OPENAI_API_KEY": "sk-secret-key", "OPENAI_API_ENDPOINT": provider.url, "LOG_LEVEL": "trace",
            "AUTO_REGISTER_PROVIDERS": "false", "WATCHDOG_USEC": "400000", "NOTIFY_SOCKET": "/nonexistent",
        ]
        let daemon = try DaemonProcess(
            environment, arguments: ["--config", "\(folder.path)/ultrad.toml"], launcher: journal.launcher)
        func next(_ message: JournalMessage, _ fields: [String: String]) throws {
            let entry = try journal.next(message.rawValue)
            for (name, value) in fields { #expect(entry[name] == value, "\(name) of \(entry)") }
            #expect(entry["SYSLOG_IDENTIFIER"] == "ultrad" && entry["MESSAGE"]?.isEmpty == false)
            #expect(!entry.values.contains(""), "\(entry)")
        }
        try next(.ready, ["PRIORITY": "5", "ULTRA_SOCKET": daemon.socketPath])
        try next(
            .stateChanged,
            [
                "ULTRA_PROVIDER": "openai", "ULTRA_PREVIOUS_STATE": "unknown", "ULTRA_STATE": "available",
                "ULTRA_REASON": "probe",
            ])
        let client = try daemon.client()
        let request = #"{"id":1,"op":"generate","model":"openai/gpt-4o","prompt":"tell my prompt"}"#
        #expect(try client.ask(request).text == "hello there")

        try folder.write("ultrad.toml", "[limits]\nconnections = 0\nfrme = 1\n")
        #expect(try client.ask(#"{"id":1,"op":"reload"}"#).code == "invalid_request")
        try next(.reloadRefused, ["PRIORITY": "3", "ULTRA_PEER_UID": "\(geteuid())"])
        #expect(journal.entries.last?["ULTRA_PROBLEMS"]?.split(separator: "\n").count == 2)
        try folder.write("ultrad.toml", "[limits]\nconnections = 9\n")
        #expect(try client.ask(#"{"id":1,"op":"reload"}"#).event == "result")
        try next(.reloaded, ["PRIORITY": "5", "ULTRA_CHANGED": "limits.connections"])

        isRefusing.set(true)
        #expect(try client.ask(request).code == "authentication")
        try next(.keyRefused, ["PRIORITY": "4", "ULTRA_PROVIDER": "openai", "ULTRA_KEY_NUMBER": "1"])
        try next(
            .requestFailed,
            [
                "PRIORITY": "6", "ULTRA_REQUEST_ID": "req_77", "ULTRA_PROVIDER": "openai",
                "ULTRA_MODEL": "openai/gpt-4o", "ULTRA_PEER_UID": "\(geteuid())",
                "ULTRA_ERROR_CODE": "authentication",
            ])
        #expect(Int(journal.entries.last?["ULTRA_DURATION_USEC"] ?? "") ?? 0 > 0)

        daemon.signal(SIGSTOP)
        usleep(600_000)  // the test blocks the loop
        daemon.signal(SIGCONT)
        try next(.loopStalled, ["PRIORITY": "3"])
        daemon.signal(SIGTERM)
        try next(.stopping, ["ULTRA_SIGNAL": "SIGTERM", "ULTRA_IN_FLIGHT": "0"])
        #expect(daemon.exitCode() == 0)

        let all = journal.entries.flatMap(\.values).joined(separator: "\n") + daemon.logText
        for secret in ["sk-secret-key", "tell my prompt", "hello there"] { #expect(!all.contains(secret)) }
        // With the journal in use, nothing goes to standard error.
        #expect(daemon.logText == "")
    }

    @Test("bytes of a provider cannot control the terminal that shows the log")
    func controls() throws {
        let provider = try ScriptedProvider { request in
            if request.method == "GET" { return ScriptedProvider.list(["gpt-4o"]) }
            return .json(
                #"{"error":{"message":"No."}}"#, status: 500,
                headers: [("x-request-id", "req\u{9B}2J\u{202E}x\u{1B}[2J\u{7F}")])
        }
        let daemon = try DaemonProcess(openai: provider, ["LOG_LEVEL": "debug", "AUTO_REGISTER_PROVIDERS": "false"])
        let request = #"{"id":1,"op":"generate","model":"openai/gpt-4o","prompt":"x","max_retries":0}"#
        #expect(try daemon.client().ask(request).event == "error")
        daemon.signal(SIGTERM)
        #expect(daemon.exitCode() == 0)
        #expect(daemon.logText.contains("ultra_request_id=req\u{FFFD}2J\u{FFFD}x"), "\(daemon.logText)")
        let controls = daemon.logText.unicodeScalars.filter {
            $0 != "\n" && ($0 < " " || ("\u{7F}"..."\u{9F}").contains($0))
        }
        #expect(controls.isEmpty && !daemon.logText.unicodeScalars.contains("\u{202E}"))
    }
}
