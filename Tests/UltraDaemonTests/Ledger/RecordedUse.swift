import Foundation
import ScriptedProvider
import Testing

/// A recorded answer with known usage, and the row the ledger must have of it.
struct RecordedUse: Sendable, CustomTestStringConvertible {
    enum Kind {
        /// The built-in provider with that id.
        case builtIn
        /// Another server with OpenAI's API; prices are in the configuration, or nowhere.
        case compatible(price: String?)
    }

    /// A recording, or a file of the providers' test fixtures.
    var answer: String
    /// The provider's id; nil: the answer's folder.
    var provider: String?
    var model: String
    var op = "stream"
    var kind = Kind.builtIn
    var input: Int?
    var output: Int?
    var cached: Int?
    /// Micro-USD; nil: unknown.
    var cost: Double?
    var outcome = "ok"

    var testDescription: String { answer }

    private var id: String { provider ?? String(answer.prefix { $0 != "/" }) }

    /// Plays `script` and checks the row in the ledger.
    func check(_ script: Script) throws {
        let list = Script.json(#"{"data":[{"id":"\#(model)","object":"model"}],"models":[]}"#)
        let provider = try ScriptedProvider { $0.method == "GET" ? list : script }
        var environment = Scenario.environment([id: provider])
        environment["OLLAMA_HOST"] = id == "ollama" ? provider.url : nil
        if id == "docker" {
            environment.merge(["USE_MODEL_RUNNER": "true", "MODEL_RUNNER_HOST": provider.url]) { $1 }
        }
        var file: String?
        if case .compatible(let price) = kind {
            file = ReloadedDaemon.table(id, provider)
            if let price { file? += "[models.\"\(id)/\(model)\"]\nprice = \(price)\n" }
        }
        let client = try DaemonProcess(environment, file: file).client()
        let frame = try client.ask(#"{"id":1,"op":"\#(op)","model":"\#(id)/\#(model)","prompt":"hi"}"#)
        #expect(frame.code ?? "ok" == outcome, "\(frame.object)")
        let row = try #require(try UsageOperationTests.rows(client, #""group_by":["model","outcome"]"#).first)
        #expect(row["outcome"] as? String == outcome && row["requests"] as? Int == 1)
        #expect(row["input_tokens"] as? Int == input && row["output_tokens"] as? Int == output, "\(row)")
        #expect(row["cached_input_tokens"] as? Int == cached, "\(row)")
        #expect((row["cost_usd"] as? Double).map { ($0 * 1e6).rounded() } == cost, "\(row)")
        #expect(row["unknown_cost"] as? Int == (cost == nil ? 1 : 0))
        #expect(row["cost_usd"] as? Double == frame["cost_usd"] as? Double)
    }

    /// The fixture as a provider sends it: the file holds head and body of the HTTP message, with the line ends of a
    /// text.
    func fixture() throws -> Script {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = tests.appending(path: "UltraProvidersTests/Fixtures/\(answer).http")
        let text = try String(contentsOf: file, encoding: .utf8)
        let end = try #require(text.firstRange(of: "\n\n"))
        let headers = text[..<end.lowerBound].split(separator: "\n").dropFirst().map { line in
            (name: String(line.prefix { $0 != ":" }), value: String(line.drop { $0 != ":" }.dropFirst(2)))
        }
        return Script(headers: headers, framing: .chunked, body: [.chunk(Array(text[end.upperBound...].utf8))])
    }
}
