import Foundation
import ScriptedProvider
import Testing

/// Discovery of models from the providers' lists, through the command line.
@Suite("Discovery of models")
struct DiscoveryTests {
    private static func models(_ control: ControlProgram, _ provider: String) throws -> [[String: Any]] {
        // A probe that is under way is awaited, and its list with it.
        _ = try control.ask("probe", ["provider": provider])
        return try control.ask("models", ["provider": provider])["models"] as? [[String: Any]] ?? []
    }

    private static func names(_ models: [[String: Any]]) -> [String] { models.compactMap { $0["name"] as? String } }

    struct Pages: Sendable, CustomTestStringConvertible {
        let wire: Wire
        let first: String
        let last: String
        /// The beginning of the query for the second page.
        let query: String

        var testDescription: String { wire.name }
    }

    @Test(
        "a list in pages is read to its end",
        arguments: [
            Pages(
                wire: .anthropic,
                first:
                    #"{"data":[{"type":"model","id":"claude-a","display_name":"A"}],"has_more":true,"last_id":"claude-a"}"#,
                last:
                    #"{"data":[{"type":"model","id":"claude-b","display_name":"B"}],"has_more":false,"last_id":"claude-b"}"#,
                query: "after_id=claude-a"),
            Pages(
                wire: .gemini,
                first:
                    #"{"models":[{"name":"models/gemini-a","supportedGenerationMethods":["generateContent"]}],"nextPageToken":"t+/="}"#,
                last: #"{"models":[{"name":"models/gemini-b","supportedGenerationMethods":["generateContent"]}]}"#,
                query: "pageToken=t%2B%2F%3D"),
            Pages(
                wire: .cohere, first: #"{"models":[{"name":"command-a","endpoints":["chat"]}],"next_page_token":"t2"}"#,
                last: #"{"models":[{"name":"command-b","endpoints":["chat"]}]}"#, query: "page_token=t2"),
        ])
    func pages(_ pages: Pages) throws {
        let path = pages.wire.list.path
        let provider = try ScriptedProvider { request in
            guard request.path == path else { return .json("{}", status: 404) }
            return .json(request.target.contains(pages.query) ? pages.last : pages.first)
        }
        let control = ControlProgram(daemon: try DaemonProcess(pages.wire.environment(provider.url)))
        let models = try Self.models(control, pages.wire.provider)
        let names = Self.names(models)
        #expect(names.count == 2 && names[0].hasSuffix("-a") && names[1].hasSuffix("-b"), "\(names)")
    }

    @Test("a list whose pages never end is abandoned, and the daemon goes on")
    func endless() throws {
        let wire = Wire.gemini
        let provider = try ScriptedProvider { _ in .json(#"{"models":[],"nextPageToken":"again"}"#) }
        let control = ControlProgram(daemon: try DaemonProcess(wire.environment(provider.url)))
        #expect(try Self.models(control, wire.provider).isEmpty)
        #expect(provider.requests.count <= 300)
    }

    @Test("a provider without a list keeps its catalogue, and this is no outage", arguments: [404, 405, 501])
    func noList(status: Int) throws {
        let wire = Wire.anthropic
        let provider = try ScriptedProvider(.json(#"{"detail":"Not Found"}"#, status: status))
        let control = ControlProgram(daemon: try DaemonProcess(wire.environment(provider.url)))
        let models = try Self.models(control, wire.provider)
        let known = try #require(models.first { $0["name"] as? String == "claude-sonnet-4-6" }, "\(Self.names(models))")
        #expect(known["state"] as? String != "unavailable")
        #expect(known["context_window"] as? Int == 1_000_000)
        let status = try control.ask("status", [:])["providers"] as? [[String: Any]]
        let state = status?.first { $0["id"] as? String == wire.provider }?["state"] as? String
        #expect(["available", "unknown"].contains(state), "\(state ?? "none")")
    }

    @Test("facts that Ollama's list leaves out are requested once for each model and kept")
    func details() throws {
        let provider = try ScriptedProvider()
        provider.answer("/api/tags", with: .json(#"{"models":[{"name":"old:latest","model":"old:latest"}]}"#))
        provider.answer(
            "/api/show",
            with: .json(
                #"{"capabilities":["completion","tools"],"model_info":{"general.architecture":"llama","llama.context_length":8192}}"#
            ))
        let control = ControlProgram(daemon: try DaemonProcess(Wire.ollama.environment(provider.url)))
        for _ in 1...3 {
            let models = try Self.models(control, "ollama")
            #expect(Self.names(models) == ["old:latest"])
            #expect(models.first?["context_window"] as? Int == 8192)
            #expect((models.first?["capabilities"] as? [String])?.contains("tools") == true)
        }
        #expect(provider.requests.count { $0.path == "/api/show" } == 1)
    }

    @Test("a list with abilities only does not remove the known context window")
    func detailsHalf() throws {
        let provider = try ScriptedProvider()
        provider.answer(
            "/api/tags", with: .json(#"{"models":[{"name":"new:1b","model":"new:1b","capabilities":["completion"]}]}"#))
        provider.answer(
            "/api/show", with: .json(#"{"capabilities":["completion"],"model_info":{"qwen3.context_length":4096}}"#))
        let control = ControlProgram(daemon: try DaemonProcess(Wire.ollama.environment(provider.url)))
        for _ in 1...3 {
            #expect(try Self.models(control, "ollama").first?["context_window"] as? Int == 4096)
        }
    }

    @Test("a model that Docker's engine is loading is shown as loading until it is loaded")
    func loading() throws {
        let provider = try ScriptedProvider()
        provider.answer("/models", with: .json(#"[{"id":"sha256:1","tags":["docker.io/ai/smollm2:latest"]}]"#))
        let control = ControlProgram(
            daemon: try DaemonProcess(Wire.docker.environment(provider.url), file: DaemonProcess.probingAnew()))
        for isLoading in [true, false] {
            provider.answer(
                "/engines/ps",
                with: .json(
                    #"[{"backend_name":"llama.cpp","model_name":"docker.io/ai/smollm2:latest","mode":"completion","loading":\#(isLoading)}]"#
                ))
            // The first probe may join the one that began with the daemon.
            _ = try Self.models(control, "docker")
            let models = try Self.models(control, "docker")
            #expect(Self.names(models) == ["ai/smollm2"])
            #expect(models.first?["state"] as? String == (isLoading ? "loading" : "available"))
        }
    }

    @Test(
        "Docker's own names work at once, before the runner has listed anything",
        arguments: [
            (nil, "ai/smollm2"), ("ai/smollm2", "ai/smollm2"), ("hf.co/bartowski/tiny:q4", "hf.co/bartowski/tiny:q4"),
        ] as [(String?, String)])
    func bareName(named: String?, asked: String) throws {
        let provider = try ScriptedProvider()
        provider.answer("/models", with: .hangBeforeHead)
        provider.answer(Wire.docker.path("", false), with: Wire.docker.document(Wire.docker.text.document))
        let environment = Wire.docker.environment(provider.url).merging(["DEFAULT_MODEL": "ai/smollm2"]) { $1 }
        let control = ControlProgram(daemon: try DaemonProcess(environment))
        var request: [String: Any] = ["prompt": "hi"]
        request["model"] = named
        let result = try control.ask("generate", request)
        #expect(result.text == "Hello é", "\(result.object)")
        #expect(result["model"] as? String == "docker/\(asked)")
        let sent = try #require(provider.requests.last { $0.path == Wire.docker.path("", false) })
        #expect(try ReceivedJSON(sent)["model"] == "\"\(asked)\"")
    }

    @Test(
        "names of other kinds do not go to Docker",
        arguments: ["mistral/mistral-small-2603", "mock/echo", "smollm2x", "/smollm2", "ai/"])
    func otherNames(name: String) throws {
        let provider = try ScriptedProvider()
        let environment = Wire.docker.environment(provider.url).merging(["AUTO_REGISTER_PROVIDERS": "false"]) { $1 }
        let control = ControlProgram(daemon: try DaemonProcess(environment))
        #expect(try control.ask("generate", ["prompt": "hi", "model": name]).code == "model_not_found")
    }

    @Test("without Docker such a name belongs to no provider")
    func noDocker() throws {
        let control = ControlProgram(daemon: try DaemonProcess(["DEFAULT_MODEL": "ai/smollm2"]))
        #expect(try control.ask("generate", ["prompt": "hi"]).code == "model_not_found")
    }
}
