import Foundation
import Testing

private let analyzer = "/usr/bin/systemd-analyze"

private let hasAnalyzer: Bool = {
    let has = FileManager.default.isExecutableFile(atPath: analyzer)
    if !has { print("SKIPPED: systemd-analyze is missing: the units are not verified") }
    return has
}()

/// Checks the units with systemd's own tools.
@Suite("Units", .enabled(if: hasAnalyzer, "needs systemd-analyze"))
struct UnitFileTests {
    /// The exit status and everything printed.
    private static func analyze(_ arguments: [String], variables: [String: String] = [:]) throws -> (Int32, String) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: analyzer)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    /// Copies of the units with programs that exist, since those of this tree may not be installed. The folder is
    /// removed with the test.
    private static func withUnits(_ folder: String, _ body: ([String]) throws -> Void) throws {
        let copies = FileManager.default.temporaryDirectory.appending(path: "ultra-units-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: copies, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: copies) }
        let paths = try ["ultrad.service", "ultrad.socket", "ultrad-http.socket"].map { name in
            let unit = RepositoryTests.root.appending(path: "\(folder)/\(name)")
            let text = try String(contentsOf: unit, encoding: .utf8)
                .replacing(#/=/usr/bin/ultra(d|ctl)/#, with: "=/bin/true")
            let copy = copies.appending(path: name)
            try text.write(to: copy, atomically: true, encoding: .utf8)
            return copy.path()
        }
        try body(paths)
    }

    @Test("the service's exposure is at most 1.3")
    func exposure() throws {
        let unit = RepositoryTests.root.appending(path: "systemd/ultrad.service").path()
        let (status, words) = try Self.analyze(["security", "--offline=yes", "--threshold=13", "--no-pager", unit])
        #expect(status == 0, "\(words)")
    }

    @Test("verify has nothing to say", arguments: [("systemd", "--system"), ("systemd/user", "--user")])
    func verify(folder: String, manager: String) throws {
        try Self.withUnits(folder) { paths in
            let (status, words) = try Self.analyze(
                ["verify", "--man=no", manager] + paths, variables: ["XDG_RUNTIME_DIR": "/run"])
            #expect(status == 0 && words == "", "\(words)")
        }
    }

    @Test("no number of crashes closes the socket", arguments: ["systemd", "systemd/user"])
    func crashes(folder: String) throws {
        let root = RepositoryTests.root
        let service = try String(contentsOf: root.appending(path: "\(folder)/ultrad.service"), encoding: .utf8)
        #expect(service.contains("\nStartLimitIntervalSec=0\n") && !service.contains("StartLimitBurst"))
        func seconds(_ key: String, _ text: String) throws -> Int {
            let match = try #require(
                text.firstMatch(of: try Regex("\n\(key)=([0-9]+)s?\n", as: (Substring, Substring).self)))
            return try #require(Int(match.output.1))
        }
        // Each crash causes one start after a pause; together at most half of the starts that the socket's limit
        // allows.
        let socket = try String(contentsOf: root.appending(path: "\(folder)/ultrad.socket"), encoding: .utf8)
        let starts = try seconds("TriggerLimitIntervalSec", socket) / seconds("RestartSec", service)
        #expect(try starts * 2 <= seconds("TriggerLimitBurst", socket))
    }

    @Test("the services keep what the daemon relies on")
    func directives() throws {
        let service = try String(
            contentsOf: RepositoryTests.root.appending(path: "systemd/ultrad.service"), encoding: .utf8)
        let lines = Set(service.split(separator: "\n"))
        for line in [
            "PrivateUsers=no", "RestartPreventExitStatus=78", "Type=notify", "User=ultrad", "SocketBindDeny=any",
            "NoExecPaths=/", "ExecPaths=/usr/bin/ultrad", "ExecPaths=/usr/lib -/usr/lib64",
        ] {
            #expect(lines.contains(Substring(line)), "\(line)")
        }
        // The setting would delete the socket whenever the service stops.
        #expect(!service.contains("\nRuntimeDirectory="))
    }
}
