import Foundation
import Testing

@Suite("ultrad and its configuration")
struct ConfigurationProcessTests {
    /// Runs `ultrad` to its end.
    static func run(_ toml: String, _ arguments: [String]) throws -> (code: Int32, output: String, errors: String) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ultra-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "ultrad.toml")
        try toml.write(to: file, atomically: true, encoding: .utf8)
        let process = Process()
        let (output, errors) = (Pipe(), Pipe())
        process.executableURL = DaemonProcess.binary("ultrad")
        process.arguments =
            ["--config", file.path(), "--socket", folder.appending(path: "s").path()] + arguments
        process.environment = [:]
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let texts = [output, errors].map { pipe in
            String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
                .replacing(file.path(), with: "FILE")
        }
        process.waitUntilExit()
        return (process.terminationStatus, texts[0], texts[1])
    }

    static let bad = "[limits]\nconnections = 0\n\n[helth]\n"
    static let problems = """
        FILE:2: limits.connections must be a whole number from 1 to 1000000, not 0
        FILE:4: helth is not a configuration key; did you mean health?

        """

    @Test("--check-config prints every problem with file and line")
    func check() throws {
        let (code, output, errors) = try Self.run(Self.bad, ["--check-config"])
        #expect(code == 78 && output == Self.problems && errors == "")
    }

    @Test("a bad configuration does not start")
    func start() throws {
        let (code, output, errors) = try Self.run(Self.bad, [])
        #expect(code == 78 && output == "" && errors == Self.problems)
    }

    @Test("--check-config says that all is well")
    func fine() throws {
        let (code, output, _) = try Self.run("[limits]\nconnections = 9\n", ["--check-config"])
        #expect(code == 0 && output == "the configuration is fine\n")
    }
}
