import Foundation
import Testing
import UltraAPI
import UltraProviders
import UltraSystem

@testable import UltraDaemon

/// The relay with a program in place of Docker's, which behaves and fails as documented.
struct CommandRelayTests {
    private static let answer = #"printf 'Hello '; printf 'é\n'"#

    private func relay(
        _ docker: StandInDocker, firstToken: Duration = .seconds(20), idle: Duration? = .seconds(20),
        total: Duration? = nil
    ) -> @Loop () -> CommandRelay {
        let command = DockerCommand(environment: ["PATH": docker.path + ":/usr/bin:/bin"])
        return {
            CommandRelay(
                command: command,
                timeouts: ExchangeTimeouts(connect: .seconds(5), firstToken: firstToken, idle: idle, total: total))
        }
    }

    private func run(
        _ make: @escaping @Loop @Sendable () -> CommandRelay, _ prompt: String = "Hi", model: String = "ai/smollm2"
    ) async -> (events: [AnswerEvent], error: UltraError?, warnings: [String]) {
        await LoopThread.run {
            var events: [AnswerEvent] = []
            do throws(UltraError) {
                let warnings = try await make().run(
                    Request(messages: [Message(.user, [.text(prompt)])]), model: model
                ) { events += $0 }
                return (events, nil, warnings)
            } catch {
                return (events, error, [])
            }
        }
    }

    private func text(_ events: [AnswerEvent]) -> String {
        events.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined()
    }

    @Test("an answer streams, with its count and its end")
    func answer() async throws {
        let docker = try StandInDocker(
            run:
                #"printf 'Thinking:\nHm\n\n--\n\nHello '; printf 'é'; printf '\n\nToken usage: 3 prompt + 2 completion = 5 total\n'"#
        )
        let (events, error, warnings) = await run(relay(docker))
        #expect(error == nil)
        #expect(text(events) == "Hello é")
        #expect(events.first == .reasoning("Hm"))
        #expect(
            events.suffix(2) == [
                .usage(Usage(inputTokens: 3, outputTokens: 2, source: .measured)), .finish(.stop),
            ])
        #expect(warnings.count == 1)
    }

    @Test("the prompt reaches the program by standard input, whole, and is no argument")
    func prompt() async throws {
        let docker = try StandInDocker(run: "cat")
        let prompt = String(repeating: "日本 \"$HOME\" `id` --detach\n", count: 20_000)
        let (events, error, _) = await run(relay(docker), prompt)
        #expect(error == nil)
        // The program ends its output with a line feed, which is taken for the last one of the prompt.
        #expect(text(events) + "\n" == prompt)
        #expect(try docker.calls() == ["model inspect ai/smollm2", "model run ai/smollm2"])
    }

    @Test("the program cannot install, and sees no key")
    func environment() async throws {
        let docker = try StandInDocker(run: "env")
        let (events, _, _) = await run(relay(docker))
        #expect(text(events).contains("MODEL_RUNNER_NO_AUTO_INSTALL=1"))
        #expect(!text(events).contains("API_KEY"))
    }

    @Test("a model that is missing is not pulled: run is never called")
    func missing() async throws {
        let docker = try StandInDocker(
            inspect: "echo 'Failed to get model ai/nope: error: model not found' >&2; exit 1", run: Self.answer)
        let (events, error, _) = await run(relay(docker), model: "ai/nope")
        #expect(events.isEmpty)
        #expect(error?.code == .modelNotFound)
        #expect(error?.model == "docker/ai/nope")
        #expect(try docker.calls() == ["model inspect ai/nope"])
    }

    @Test("a request that the program cannot carry is refused before anything is started")
    func refused() async throws {
        let docker = try StandInDocker(run: Self.answer)
        let (_, error, _) = await run(relay(docker), "read @/etc/passwd")
        #expect(error?.code == .capabilityMissing)
        #expect(try docker.calls().isEmpty)
    }

    @Test(
        "the error of a failure is the program's message, after the text before it",
        arguments: [
            (
                "printf 'half an'; echo 'Failed to generate a response: error response: status=500 body=unable to load runner: oom' >&2; exit 1",
                "half an", .upstreamError
            ),
            (
                "echo 'Docker Model Runner is not running. Please start it and try again.' >&2; exit 1", "",
                .connectFailed
            ),
            ("kill -TERM $$", "", .upstreamError), ("exit 0", "", .upstreamProtocol), ("echo", "", .upstreamProtocol),
            ("exit 7", "", .upstreamError),
            (
                "i=0; while [ $i -lt 20000 ]; do echo 'x 12345678901234567890' >&2; i=$((i+1)); done; exit 1", "",
                .upstreamError
            ),
        ] as [(String, String, ErrorCode)])
    func failure(script: String, text: String, code: ErrorCode) async throws {
        let docker = try StandInDocker(run: script)
        let (events, error, _) = await run(relay(docker))
        #expect(self.text(events) == text)
        #expect(error?.code == code)
        #expect(error?.provider == "docker")
        #expect(!events.contains { if case .finish = $0 { true } else { false } })
    }

    @Test("without a program there is no answer, but a way out")
    func absent() async throws {
        let command = DockerCommand(environment: ["PATH": "/nonexistent:relative:."])
        let (_, error, _) = await run { CommandRelay(command: command) }
        #expect(error?.code == .connectFailed)
        #expect(error?.hint?.contains("MODEL_RUNNER_TYPE=api") == true)
    }

    @Test(
        "a program that hangs is ended by its timer, with all its children, and reaped",
        arguments: [
            ("sleep 600 & echo $! > \"$0.child\"; wait", TimeoutKind.firstToken, ""),
            ("sleep 600 & echo $! > \"$0.child\"; printf 'begun'; wait", .idle, "begun"),
            ("sleep 600 & echo $! > \"$0.child\"; while :; do printf 'tick '; sleep 0.02; done", .total, nil),
            ("trap '' TERM; sleep 600 & echo $! > \"$0.child\"; exec >&-; wait", .firstToken, ""),
        ] as [(String, TimeoutKind, String?)])
    func hangs(script: String, kind: TimeoutKind, text: String?) async throws {
        let docker = try StandInDocker(run: script)
        let make = relay(
            docker, firstToken: kind == .firstToken ? .milliseconds(400) : .seconds(20),
            idle: kind == .idle ? .milliseconds(300) : .seconds(20),
            total: kind == .total ? .milliseconds(700) : nil)
        let (events, error, _) = await run(make)
        #expect(error?.code == .timeout)
        #expect(error?.timeout == kind)
        if let text { #expect(self.text(events) == text) }
        #expect(try docker.isGone())
    }

    @Test("a cancelled request ends the program at once, with all it started")
    func cancelled() async throws {
        let docker = try StandInDocker(run: "sleep 600 & echo $! > \"$0.child\"; printf 'begun'; wait")
        let make = relay(docker)
        let (error, milliseconds) = await LoopThread.run { () -> (UltraError?, Double) in
            var cancel: (@Loop () -> Void)?
            var cancelledAt = EventLoop.now
            let task = Loop.spawn { () -> UltraError? in
                do throws(UltraError) {
                    try await make().run(Request(messages: [Message(.user, [.text("Hi")])]), model: "m") { _ in
                        cancelledAt = EventLoop.now
                        cancel?()
                    }
                    return nil
                } catch {
                    return error
                }
            }
            cancel = { task.cancel() }
            let error = await task.value
            return (error, Double(EventLoop.now - cancelledAt) / 1e6)
        }
        #expect(error?.code == .cancelled)
        #expect(milliseconds < 500)
        #expect(try docker.isGone())
    }

    @Test(
        "models are listed in both forms, old and new",
        arguments: [
            (
                #"{"running":true,"backends":{},"kind":"Docker Desktop","endpointHost":"http://localhost:12434/v1/"}"#,
                #"[{"id":"sha256:1","tags":["docker.io/ai/smollm2:latest"],"config":{"gguf":{"llama.context_length":"8192"}}}]"#,
                ["ai/smollm2"]
            ),
            (
                #"{"running":true,"backends":{},"endpoint":"http://model-runner.docker.internal/engines/v1/"}"#,
                #"[{"id":"sha256:1","tags":["ai/smollm2"]},{"id":"sha256:2"}]"#, ["ai/smollm2", "sha256:2"]
            ),
            (
                "Docker Model Runner is running\n\nBACKEND STATUS DETAILS",
                #"{"object":"list","data":[{"id":"ai/smollm2"}]}"#, ["ai/smollm2"]
            ),
            (#"{"running":true}"#, "null", []),
        ])
    func models(status: String, list: String, ids: [String]) async throws {
        let docker = try StandInDocker(status: "printf '%s\\n' '\(status)'", list: "printf '%s\\n' '\(list)'")
        let (models, error) = await listed(relay(docker))
        #expect(error == nil)
        #expect(models?.map(\.id) == ids)
        #expect(try docker.calls() == ["model status --json", "model list --json"])
    }

    @Test(
        "a runner that does not run has an unknown list, not an empty one",
        arguments: [
            (#"echo '{"running":false,"backends":null}'"#, .connectFailed),
            ("echo 'Docker Model Runner is not running'; exit 1", .upstreamError),
            ("echo 'Failed to get Docker Model Runner status: connection refused' >&2; exit 1", .connectFailed),
            ("echo \"docker: 'model' is not a docker command.\" >&2; exit 1", .connectFailed),
        ] as [(String, ErrorCode)])
    func notRunning(status: String, code: ErrorCode) async throws {
        let docker = try StandInDocker(status: status, list: "echo '[]'")
        let (models, error) = await listed(relay(docker))
        #expect(models == nil)
        #expect(error?.code == code)
        #expect(try docker.calls() == ["model status --json"])
    }

    @Test("a program too old for the flag is asked for its list all the same")
    func oldStatus() async throws {
        let docker = try StandInDocker(status: "echo 'unknown flag: --json' >&2; exit 1", list: "echo '[]'")
        let (models, _) = await listed(relay(docker))
        #expect(models == [])
    }

    private func listed(
        _ make: @escaping @Loop @Sendable () -> CommandRelay
    ) async -> ([DiscoveredModel]?, UltraError?) {
        await LoopThread.run {
            do throws(UltraError) {
                return (try await make().models(), nil)
            } catch {
                return (nil, error)
            }
        }
    }

    @Test("the daemon lists what the program lists")
    func discovery() throws {
        let docker = try StandInDocker(
            status: #"echo '{"running":true}'"#, list: #"echo '[{"id":"sha256:1","tags":["ai/smollm2"]}]'"#)
        let daemon = try DaemonProcess([
            "USE_MODEL_RUNNER": "true", "MODEL_RUNNER_TYPE": "cli", "PATH": docker.path + ":/usr/bin:/bin",
        ])
        let client = try daemon.client()
        for id in 1...200 {
            let result = try client.ask(#"{"id":\#(id),"op":"models","provider":"docker"}"#, id: id)
            if let model = (result["models"] as? [[String: Any]])?.first {
                #expect(model["id"] as? String == "docker/ai/smollm2")
                return
            }
            usleep(20_000)  // discovery announces itself to nobody yet
        }
        Issue.record("no model was listed: \(daemon.logText)")
    }
}
