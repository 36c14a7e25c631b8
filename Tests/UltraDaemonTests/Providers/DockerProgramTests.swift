import Foundation
import ScriptedProvider
import Testing

/// Docker Model Runner by its program, through the daemon: `MODEL_RUNNER_TYPE=cli` with a stand-in for `docker`.
@Suite("Docker by its program")
struct DockerProgramTests {
    private static let model = "docker/ai/smollm2"
    /// A program that prints something and starts a child, and neither ends.
    private static let hanging = "sleep 600 & echo $! > \"$0.child\"; printf 'begun'; wait"

    private func daemon(_ docker: StandInDocker) throws -> DaemonProcess {
        try DaemonProcess([
            "USE_MODEL_RUNNER": "true", "MODEL_RUNNER_TYPE": "cli", "DEFAULT_MODEL": "ai/smollm2",
            "PATH": docker.path + ":/usr/bin:/bin",
        ])
    }

    @Test("an answer arrives whole and in pieces, with its count, at no cost", arguments: ["generate", "stream"])
    func answer(op: String) throws {
        let docker = try StandInDocker(
            run:
                #"cat > /dev/null; printf 'Hello '; printf 'é'; printf '\n\nToken usage: 3 prompt + 2 completion = 5 total\n'"#
        )
        let (frames, status) = try ControlProgram(daemon: daemon(docker)).call(op, ["prompt": "hi"])
        #expect(status == 0)
        let last = try #require(frames.last)
        #expect(frames.compactMap(\.text).joined() == "Hello é", "\(last.object)")
        #expect(last["model"] as? String == Self.model)
        #expect((last["usage"] as? [String: Any])?["output_tokens"] as? Int == 2)
        #expect((last["warnings"] as? [String])?.contains { $0.contains("MODEL_RUNNER_TYPE=api") } == true)
    }

    @Test(
        "a failure is reported with its code and a hint, unary and streamed",
        arguments: [
            (
                "inspect", "echo 'Failed to get model ai/smollm2: error: model not found' >&2; exit 1",
                "model_not_found"
            ),
            (
                "run", "echo 'Docker Model Runner is not running. Please start it and try again.' >&2; exit 1",
                "connect_failed"
            ),
            (
                "run",
                "echo 'Failed to generate a response: error response: status=500 body=unable to load runner: oom' >&2; exit 1",
                "upstream_error"
            ),
            ("run", "exit 0", "upstream_protocol"), ("run", "kill -KILL $$", "upstream_error"),
        ])
    func failure(call: String, script: String, code: String) throws {
        let docker =
            try call == "run" ? StandInDocker(run: script) : StandInDocker(inspect: script, run: "echo no")
        let client = try daemon(docker).client()
        for (id, op) in [(1, "generate"), (2, "stream")] {
            let last = try client.ask(#"{"id":\#(id),"op":"\#(op)","prompt":"hi"}"#, id: id)
            #expect(last.code == code, "\(last.error)")
            #expect(last.error["provider"] as? String == "docker")
            #expect(last.error["model"] as? String == Self.model)
        }
        #expect(try client.ask(#"{"id":3,"op":"ping"}"#, id: 3).event == "result")
    }

    @Test(
        "a request that the program cannot carry is refused before the start",
        arguments: [
            #""messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"hi"}]"#,
            #""prompt":"hi","tools":[{"name":"f","parameters":{"type":"object"}}]"#,
            #""messages":[{"role":"user","content":[{"type":"image","media_type":"image/png","data":"iVBORw0KGgo="}]}]"#,
            #""prompt":"read @/etc/passwd""#,
        ])
    func refused(members: String) throws {
        let docker = try StandInDocker(run: "echo no")
        let last = try daemon(docker).client().ask(#"{"id":1,"op":"generate",\#(members)}"#)
        #expect(last.code == "capability_missing", "\(last.object)")
        #expect((last.error["hint"] as? String)?.contains("MODEL_RUNNER_TYPE=api") == true, "\(last.error)")
        #expect(try !docker.calls().contains { $0.hasPrefix("model run") })
    }

    @Test("a program that hangs is ended by the request's timer, with all it started, and reaped")
    func hangs() throws {
        let docker = try StandInDocker(run: Self.hanging)
        let daemon = try daemon(docker)
        let client = try daemon.client()
        client.send(#"{"id":1,"op":"stream","prompt":"hi","timeouts_ms":{"idle":300}}"#)
        let frames = try client.frames()
        #expect(frames.compactMap(\.text).joined() == "begun")
        #expect(frames.last?.code == "timeout")
        #expect(frames.last?.error["timeout"] as? String == "idle")
        #expect(try docker.isGone())
        #expect(Self.children(of: daemon).isEmpty)
    }

    @Test("cancel, and a client that vanishes, end the program and all it started", arguments: [false, true])
    func cancelled(vanishes: Bool) throws {
        let docker = try StandInDocker(run: Self.hanging)
        let daemon = try daemon(docker)
        var client: Client? = try daemon.client()
        client?.send(#"{"id":1,"op":"stream","prompt":"hi"}"#)
        var frame = try client?.next()
        while frame?.text != "begun" { frame = try #require(try client?.next()) }
        if vanishes {
            client = nil
        } else {
            #expect(try client?.ask(#"{"id":2,"op":"cancel","target":1}"#, id: 2)["cancelled"] as? Bool == true)
            #expect(try client?.frames(1).last?.code == "cancelled")
        }
        #expect(try docker.isGone())
        #expect(try daemon.client().ask(#"{"id":1,"op":"ping"}"#).event == "result")
        #expect(Self.children(of: daemon).isEmpty)
    }

    @Test("a daemon that is stopped leaves no program behind")
    func stopped() throws {
        let docker = try StandInDocker(run: Self.hanging)
        let daemon = try daemon(docker)
        let client = try daemon.client()
        client.send(#"{"id":1,"op":"stream","prompt":"hi"}"#)
        while try #require(try client.next()).text != "begun" {}
        daemon.signal(SIGTERM)
        while try #require(try client.next()).event != "goaway" {}
        daemon.signal(SIGTERM)
        #expect(try client.frames(1).last?.code == "shutting_down")
        #expect(daemon.exitCode() == 0)
        #expect(try docker.isGone())
    }

    /// Remaining processes of the daemon, zombies included, except those that query the status.
    private static func children(of daemon: DaemonProcess) -> [String] {
        let pid = daemon.process.processIdentifier
        let text = try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)
        return (text ?? "").split(separator: " ").map(String.init).filter { child in
            let line = (try? String(contentsOfFile: "/proc/\(child)/cmdline", encoding: .utf8)) ?? ""
            return !line.contains("status") && !line.contains("list")
        }
    }
}
