import Testing
import UltraAPI

@testable import UltraProviders

struct DockerCommandTests {
    private static let command = DockerCommand(environment: ["PATH": "/bin"])
    private static let plain =
        "the docker program prints plain text, in which reasoning and token counts are recognised by markers; "
        + "MODEL_RUNNER_TYPE=api is exact"

    private static func request(_ text: String) -> Request { Request(messages: [Message(.user, [.text(text)])]) }

    @Test("each question is a call of the program")
    func calls() throws {
        #expect(Self.command.status.arguments == ["model", "status", "--json"])
        #expect(Self.command.list.arguments == ["model", "list", "--json"])
        #expect(try Self.command.inspect("ai/smollm2").arguments == ["model", "inspect", "ai/smollm2"])
        for invocation in [Self.command.status, Self.command.list, try Self.command.inspect("m")] {
            #expect(invocation.input == nil)
        }
    }

    @Test("the program is handed what it needs, no key, and never leave to install")
    func environment() {
        let command = DockerCommand(
            environment: [
                "PATH": "/bin", "HOME": "/root", "DOCKER_HOST": "unix:///d.sock", "OPENAI_API_KEY": "sk-secret",
                "MODEL_RUNNER_NO_AUTO_INSTALL": "", "HF_TOKEN": "hf_secret", "LD_PRELOAD": "x", "NO_COLOR": "",
            ])
        #expect(
            command.environment == [
                "PATH": "/bin", "HOME": "/root", "DOCKER_HOST": "unix:///d.sock", "MODEL_RUNNER_NO_AUTO_INSTALL": "1",
                "NO_COLOR": "1", "TERM": "dumb",
            ])
    }

    @Test("a prompt goes in by standard input alone")
    func prompt() throws {
        var request = Request(messages: [
            Message(
                .user, [.text("one, --detach"), .cacheMarker(RawJSON(validated: Array("{}".utf8))), .text("two é")])
        ])
        request.toolChoice = ToolChoice.none
        request.tools = [Tool(name: "f")]
        let call = try Self.command.run(request, model: "ai/smollm2")
        #expect(call.arguments == ["model", "run", "ai/smollm2"])
        #expect(call.input == Array("one, --detach\ntwo é".utf8))
        #expect(call.warnings == [Self.plain])
    }

    @Test("sampling and reasoning are left out, each with a warning")
    func warnings() throws {
        var request = Self.request("Hi")
        request.sampling.maxTokens = 5
        request.sampling.temperature = 0
        request.sampling.topP = 1
        request.sampling.topK = 1
        request.sampling.stop = ["x"]
        request.sampling.seed = 1
        request.sampling.frequencyPenalty = 1
        request.sampling.presencePenalty = 1
        request.reasoning = Reasoning(effort: .low)
        request.providerOptions["docker"] = RawJSON(validated: Array("{}".utf8))
        let names = [
            "max_tokens", "temperature", "top_p", "top_k", "stop", "seed", "frequency_penalty", "presence_penalty",
            "reasoning",
        ]
        #expect(
            try Self.command.run(request, model: "m").warnings
                == names.map { "docker/m does not take \($0): it was left out" }
                + ["the docker program takes no provider_options: they were left out", Self.plain])
    }

    struct Refusal: CustomTestStringConvertible {
        let what: String
        let change: @Sendable (inout Request) -> Void
        var code = ErrorCode.capabilityMissing
        var testDescription: String { what }
    }

    @Test(
        "a request that the program cannot carry is refused, with a hint at the API",
        arguments: [
            Refusal(what: "a system message", change: { $0.messages.insert(Message(.system, [.text("s")]), at: 0) }),
            Refusal(
                what: "several turns",
                change: { $0.messages += [Message(.assistant, [.text("a")]), Message(.user, [.text("b")])] }),
            Refusal(what: "only a system message", change: { $0.messages = [Message(.system, [.text("s")])] }),
            Refusal(what: "tools", change: { $0.tools = [Tool(name: "f")] }),
            Refusal(
                what: "an image",
                change: { $0.messages[0].parts = [.imageData(mediaType: "image/png", base64: "AAAA")] }),
            Refusal(what: "an image by URL", change: { $0.messages[0].parts = [.imageURL("https://e.com/a.png")] }),
            Refusal(
                what: "a document", change: { $0.messages[0].parts = [.document(Document(.url("https://e.com/a")))] }),
            Refusal(what: "JSON", change: { $0.responseFormat = .json }),
            Refusal(what: "a file's name", change: { $0.messages[0].parts = [.text("read @/etc/passwd")] }),
        ])
    func refusal(refusal: Refusal) {
        var request = Self.request("Hi")
        refusal.change(&request)
        let error = #expect(throws: UltraError.self) { try Self.command.run(request, model: "m") }
        #expect(error?.code == refusal.code)
        #expect(error?.hint == DockerCommand.useTheAPI)
        #expect(error?.message.contains("passwd") == false)
    }

    @Test("a request without a prompt is refused: the program would wait for input", arguments: ["", " \n\t"])
    func empty(text: String) {
        let error = #expect(throws: UltraError.self) { try Self.command.run(Self.request(text), model: "m") }
        #expect(error?.code == .badRequest)
    }

    @Test("a model's name cannot be a flag", arguments: ["-d", "--detach", "", "a b", "a\nb", "é"])
    func name(model: String) {
        for attempt in [
            { try Self.command.inspect(model) }, { try Self.command.run(Self.request("Hi"), model: model) },
        ] {
            let error = #expect(throws: UltraError.self) { try attempt() }
            #expect(error?.code == .modelNotFound)
        }
    }

    @Test(
        "a prompt that names a file is recognised in every spelling",
        arguments: [
            ("@a", true), ("read @/etc/passwd", true), ("@\"a b\"", true), ("@'a b'", true), ("me@example.com", true),
            ("x @./a", true), ("@~", true), ("@@ ", true), ("@\u{A0}x", true), ("@\u{0B}x", true),
            ("a @ b", false), ("@", false), ("at\n@\n", false), ("no file", false), ("@\tb", false),
            ("/tmp/a.png", true), ("see ./x/My Photo.JPEG now", true), ("\"cat.webp\"", true), ("'cat.jpg'", true),
            (#"C:\a.PNG"#, true), ("and/or the .png format", true),
            ("cat.png", false), ("a/b", false), ("\"quoted\" and 'so'", false), ("/a.gif", false), (".jpg", false),
        ])
    func files(prompt: String, names: Bool) {
        #expect(DockerPrompt.namesFiles(prompt) == names)
    }

    @Test(
        "status is read in all its forms",
        arguments: [
            (
                #"{"running":true,"backends":{"llama.cpp":"Running: x"},"kind":"Docker Engine","endpoint":"http://m/v1/","endpointHost":"http://localhost:12434/v1/"}"#,
                DockerStatus(isRunning: true, kind: "Docker Engine", endpoint: "http://localhost:12434/v1/")
            ),
            (#"{"running":true,"backends":{},"endpoint":"http://m/engines/v1/"}"#, DockerStatus(isRunning: true)),
            (#"{"running":false,"backends":null}"#, DockerStatus(isRunning: false)),
            ("Docker Model Runner is running\n\nBACKEND    STATUS\n", DockerStatus(isRunning: true)),
            ("Docker Model Runner is not running\n", DockerStatus(isRunning: false)),
            ("Unpacking\n{\"running\":true}\n", DockerStatus(isRunning: true)),
            ("", nil), ("nonsense", nil), ("[]", nil), ("{", nil), ("{}", nil),
        ] as [(String, DockerStatus?)])
    func status(output: String, status: DockerStatus?) {
        #expect(DockerStatus(Array(output.utf8)) == status)
    }

    @Test(
        "the list is found after other output of the program",
        arguments: [
            ("[\n    {\n        \"id\": \"sha256:1\",\n        \"tags\": [\"ai/smollm2\"]\n    }\n]\n", ["ai/smollm2"]),
            ("latest: Pulling\nDone\n[{\"id\":\"sha256:1\"}]\n", ["sha256:1"]),
            ("{\"object\":\"list\",\"data\":[{\"id\":\"docker.io/ai/a:latest\"}]}\n", ["ai/a"]),
            ("null\n", []), ("[]", []),
        ])
    func list(output: String, ids: [String]) throws {
        #expect(try Self.command.models(Array(output.utf8)).map(\.id) == ids)
    }

    @Test(
        "an invalid list is a protocol error", arguments: ["", "MODEL NAME  SIZE\n", "[{", "nullify\n", "[] x"])
    func noList(output: String) {
        let error = #expect(throws: UltraError.self) { try Self.command.models(Array(output.utf8)) }
        #expect(error?.code == .upstreamProtocol)
        #expect(error?.provider == "docker")
    }

    @Test(
        "a failure has the code for its message",
        arguments: [
            ("Docker Model Runner is not running. Please start it and try again.\n", 1, .connectFailed),
            (
                "Failed to list models: error querying /models: dial tcp 127.0.0.1:12434: connect: connection refused",
                1,
                .connectFailed
            ),
            ("unable to get standalone model runner info: context deadline exceeded", 1, .connectFailed),
            (
                "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?", 1,
                .connectFailed
            ),
            ("permission denied while trying to connect to the Docker daemon socket", 1, .permissionDenied),
            ("docker: 'model' is not a docker command.\nSee 'docker --help'", 1, .connectFailed),
            ("docker: unknown command: docker model\n", 1, .connectFailed),
            ("unknown shorthand flag", 125, .connectFailed),
            ("Failed to get model ai/x: error: model not found", 1, .modelNotFound),
            (
                "Failed to generate a response: error response: status=500 body=unable to load runner: oom", 1,
                .upstreamError
            ),
            (
                #"Failed to generate a response: error response: status=400 body={"error":{"code":400,"message":"too long","type":"exceed_context_size_error"}}"#,
                1, .contextLength
            ),
            ("Failed to generate a response: error response: status=503 body=service unavailable", 1, .overloaded),
            ("WARNING: config\nsomething else", 1, .upstreamError), ("", 2, .upstreamError),
        ] as [(String, Int32, ErrorCode)])
    func failure(errors: String, code: Int32, expected: ErrorCode) {
        let error = Self.command.error(.code(code, errors: Array(errors.utf8)), model: "ai/x")
        #expect(error.code == expected)
        #expect(error.provider == "docker")
        #expect(error.model == "docker/ai/x")
        #expect(!error.message.isEmpty)
    }

    @Test("words of the program are shown, bounded and without keys")
    func words() {
        let error = Self.command.error(.code(1, errors: Array("WARNING: x\nbad sk-abcdefgh thing\nUsage: …".utf8)))
        #expect(error.message == "bad <redacted> thing")
        let quoted = Self.command.error(
            .code(1, errors: Array("F: error response: status=500 body=unable to load runner: oom\n".utf8)))
        #expect(quoted.message == "unable to load runner: oom")
        #expect(quoted.status == 500)
        #expect(Self.command.error(.code(3, errors: [])).message == "the docker program failed with exit code 3")
        #expect(Self.command.error(.notFound).code == .connectFailed)
        #expect(Self.command.error(.signal(9)).message == "the docker program was ended by signal 9")
    }
}
