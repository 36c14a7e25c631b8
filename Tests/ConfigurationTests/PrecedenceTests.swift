import Logging
import Testing
import UltraProviders
import UltraSystem

@testable import UltraDaemon

@Suite("Option, environment, file, default")
struct PrecedenceTests {
    static let toml = """
        [daemon]
        socket = "/file.sock"
        log_level = "error"
        state_directory = "/file"
        [routing]
        default_model = "mock/file"
        use_local_models_when_offline = true
        [providers.openai]
        endpoint = "https://file.example/v1"
        concurrency = 5
        """

    @Test("the file applies if no other source has the setting")
    func file() throws {
        let configuration = try load(Self.toml).get()
        #expect(configuration.socketPath == "/file.sock")
        #expect(configuration.logLevel == .error)
        #expect(configuration.stateDirectory == "/file")
        #expect(configuration.routing.defaultModel == "mock/file")
        #expect(configuration.routing.usesLocalModelsWhenOffline)
        #expect(endpoint(configuration) == "https://file.example/v1")
        #expect(configuration.providerSettings["openai"]?.concurrency == 5)
        #expect(configuration.file == filePath)
    }

    @Test("the environment comes before the file")
    func environment() throws {
        let configuration = try load(
            Self.toml,
            [
                "ULTRAD_SOCKET": "/env.sock", "LOG_LEVEL": "Debug", "STATE_DIRECTORY": "/env:/other",
                "DEFAULT_MODEL": " mock/env\t", "USE_LOCAL_MODELS_WHEN_OFFLINE": "no",
                "OPENAI_API_ENDPOINT": "https://env.example", "MAX_CONCURRENT_OPENAI": "6",
            ]
        ).get()
        #expect(configuration.socketPath == "/env.sock")
        #expect(configuration.logLevel == .debug)
        #expect(configuration.stateDirectory == "/env")
        #expect(configuration.routing.defaultModel == "mock/env")
        #expect(!configuration.routing.usesLocalModelsWhenOffline)
        #expect(endpoint(configuration) == "https://env.example/v1")
        #expect(configuration.providerSettings["openai"]?.concurrency == 6)
    }

    @Test("an option comes before both")
    func option() throws {
        let configuration = try load(Self.toml, ["ULTRAD_SOCKET": "/env.sock", "LOG_LEVEL": "debug"]) {
            $0.socket = "/option.sock"
            $0.logLevel = "trace"
        }.get()
        #expect(configuration.socketPath == "/option.sock")
        #expect(configuration.logLevel == .trace)
    }

    @Test(
        "the file is where it belongs",
        arguments: [
            (["CONFIGURATION_DIRECTORY": "/a:/b", "HOME": "/h"], false, "/a/ultrad.toml"),
            (["HOME": "/h"], true, "/etc/ultrad/ultrad.toml"),
            (["HOME": "/h"], false, "/h/.config/ultrad/ultrad.toml"),
            (["HOME": "/h", "XDG_CONFIG_HOME": "/x"], false, "/x/ultrad/ultrad.toml"),
            (["HOME": "/h", "XDG_CONFIG_HOME": "relative"], false, "/h/.config/ultrad/ultrad.toml"),
        ])
    func places(environment: [String: String], isRoot: Bool, path: String) throws {
        let files = [path: FileContents("[routing]\ndefault_model = \"mock/here\"")]
        let environment = environment.merging(["XDG_RUNTIME_DIR": "/r"]) { $1 }
        let configuration = try load(nil, environment, files: files) { $0.isRoot = isRoot }.get()
        #expect(configuration.routing.defaultModel == "mock/here")
        #expect(try load(nil, environment) { $0.isRoot = isRoot }.get().file == nil)
    }

    @Test(
        "the state has a place",
        arguments: [
            ([:], true, "/var/lib/ultrad"), (["HOME": "/h"], false, "/h/.local/state/ultrad"),
            (["HOME": "/h", "XDG_STATE_HOME": "/x"], false, "/x/ultrad"), ([:], false, nil),
        ])
    func state(environment: [String: String], isRoot: Bool, path: String?) throws {
        let environment = environment.merging(["XDG_RUNTIME_DIR": "/r"]) { $1 }
        let configuration = try load(nil, environment) { $0.isRoot = isRoot }.get()
        #expect(configuration.stateDirectory == path)
        #expect(configuration.socketPath == (isRoot ? "/run/ultrad/ultrad.sock" : "/r/ultrad/ultrad.sock"))
    }

    @Test("a file named by an option must exist")
    func named() {
        #expect(
            problems { $0.file = "/no.toml" } == ["/no.toml cannot be read: No such file or directory"])
        #expect(
            problems { $0.environmentFile = "/no.env" } == ["/no.env cannot be read: No such file or directory"])
        #expect(problems(nil, files: ["/x": FileContents([0xff])]) { $0.file = "/x" } == ["/x is not UTF-8"])
        #expect(
            problems { $0.isRoot = false } == [
                "the socket has no path: set XDG_RUNTIME_DIR, or give one with --socket"
            ])
        #expect(problems(nil, ["LISTEN_FDS": "1"]) { $0.isRoot = false } == [])
    }

    @Test("loaded again it is the same, unless something changed")
    func again() throws {
        let first = try load(Self.toml, ["OPENAI_API_KEY": "k"]).get()
        #expect(try load(Self.toml, ["OPENAI_API_KEY": "k"]).get() == first)
        #expect(try load(Self.toml, ["OPENAI_API_KEY": "other"]).get() != first)
        #expect(try load(Self.toml + "\ntags = [\"t\"]", ["OPENAI_API_KEY": "k"]).get() != first)
        #expect(try load("[limits]\ndrain = 1").get() != load("[limits]\ndrain = 2").get())
        #expect(try load(nil, ["LOG_LEVEL": "debug"]).get().providerSet == load().get().providerSet)
    }

    private func endpoint(_ configuration: Configuration) -> String? {
        guard case .http(let endpoint, _)? = configuration.providers.first(where: { $0.id == "openai" })?.backend else {
            return nil
        }
        return endpoint.base
    }
}
