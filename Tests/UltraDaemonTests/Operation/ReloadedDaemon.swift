import Foundation
import ScriptedProvider

/// A daemon with a configuration file that the test rewrites.
final class ReloadedDaemon {
    let folder: TemporaryFolder
    let daemon: DaemonProcess
    let client: Client
    private var lastID = 0

    init(_ toml: String, _ environment: [String: String] = [:], files: [String: String] = [:]) throws {
        folder = try TemporaryFolder("ultra-reload")
        try folder.write("ultrad.toml", toml)
        for (name, text) in files { try folder.write(name, text) }
        daemon = try DaemonProcess(
            ["AUTO_REGISTER_PROVIDERS": "false"].merging(environment) { $1 },
            arguments: ["--config", "\(folder.path)/ultrad.toml"])
        client = try daemon.client()
        _ = try ask("probe")
    }

    /// Sends a request and returns its terminal frame.
    @discardableResult
    func ask(_ op: String, _ fields: String = "") throws -> Frame {
        lastID += 1
        return try client.ask(
            #"{"id":\#(lastID),"op":"\#(op)"\#(fields.isEmpty ? "" : ",")\#(fields)}"#, id: lastID)
    }

    /// Writes the file and reloads; returns the result.
    func reload(_ toml: String) throws -> Frame {
        try folder.write("ultrad.toml", toml)
        return try ask("reload")
    }

    func generate(_ model: String) throws -> Frame { try ask("generate", Scenario.fields(model)) }

    /// The provider in the result of `status`; nil if it is not there.
    func provider(_ id: String) throws -> [String: Any]? {
        (try ask("status")["providers"] as? [[String: Any]])?.first { $0["id"] as? String == id }
    }

    func model(_ id: String) throws -> [String: Any]? {
        (try ask("models")["models"] as? [[String: Any]])?.first { $0["id"] as? String == id }
    }

    /// The table of a server that speaks OpenAI's API.
    static func table(_ name: String, _ provider: ScriptedProvider, _ more: String = "") -> String {
        "[providers.\(name)]\nkind = \"openai-compatible\"\nendpoint = \"\(provider.url)\"\n\(more)\n"
    }
}
