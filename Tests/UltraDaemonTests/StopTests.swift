import Foundation
import ScriptedProvider
import Testing

@Suite("Starting and stopping")
struct StopTests {
    @Test("SIGTERM says goodbye, finishes what is in flight, and exits 0")
    func drain() throws {
        let daemon = try DaemonProcess(ProtocolTests.mock)
        let client = try daemon.client()
        client.send(
            #"{"id":1,"op":"stream","model":"mock/echo","prompt":"a b c d","provider_options":{"mock":{"delay_ms":30}}}"#
        )
        #expect(try client.next()?.event == "start")
        daemon.signal(SIGTERM)
        var events: [String] = []
        var text = ""
        var refusal: Frame?
        while let frame = try client.next() {
            if frame.event == "goaway" { client.send(#"{"id":2,"op":"ping"}"#) }
            if frame.id == 2 { refusal = frame } else { events.append(frame.event) }
            text += frame.text ?? ""
        }
        #expect(events.contains("goaway"))
        #expect(events.last == "done")
        #expect(text == "a b c d")
        #expect(refusal?.code == "shutting_down")
        #expect(daemon.exitCode() == 0)
        #expect(!FileManager.default.fileExists(atPath: daemon.socketPath))
    }

    @Test("a request that crosses the goaway of a daemon with nothing to finish is refused, not lost")
    func crossing() throws {
        let daemon = try DaemonProcess(ProtocolTests.mock)
        let client = try daemon.client()
        _ = try client.ask(#"{"id":1,"op":"ping"}"#, id: 1)
        daemon.signal(SIGTERM)
        #expect(try client.next()?.event == "goaway")
        client.send(#"{"id":2,"op":"ping"}"#)
        #expect(try client.next()?.code == "shutting_down")
        #expect(try client.next() == nil)
        #expect(daemon.exitCode() == 0)
    }

    @Test("a second SIGTERM stops now, and says so")
    func stopNow() throws {
        let daemon = try DaemonProcess(ProtocolTests.mock)
        let client = try daemon.client()
        client.send(
            #"{"id":1,"op":"stream","model":"mock/echo","prompt":"a","provider_options":{"mock":{"first_token_ms":600000}}}"#
        )
        _ = try client.ask(#"{"id":2,"op":"ping"}"#, id: 2)
        daemon.signal(SIGTERM)
        #expect(try client.next()?.event == "goaway")
        daemon.signal(SIGTERM)
        #expect(try client.frames(1).last?.code == "shutting_down")
        #expect(daemon.exitCode() == 0)
    }

    @Test("a second daemon on the same socket refuses; a stale socket file is replaced")
    func secondDaemon() throws {
        let first = try DaemonProcess(ProtocolTests.mock)
        let second = Process()
        second.executableURL = DaemonProcess.binary("ultrad")
        second.arguments = ["--socket", first.socketPath]
        second.standardError = FileHandle.nullDevice
        try second.run()
        second.waitUntilExit()
        #expect(second.terminationStatus == 1)
        #expect(try first.client().ask(#"{"id":1,"op":"ping"}"#).event == "result")

        first.signal(SIGKILL)
        _ = first.exitCode()
        #expect(FileManager.default.fileExists(atPath: first.socketPath))
        let third = Process()
        third.executableURL = DaemonProcess.binary("ultrad")
        third.arguments = ["--socket", first.socketPath]
        third.standardError = FileHandle.nullDevice
        try third.run()
        defer { third.terminate() }
        var client: Client?
        for _ in 0..<2000 where client == nil {
            client = try? Client(first.socketPath)
            usleep(2000)
        }
        #expect(try client?.ask(#"{"id":1,"op":"ping"}"#).event == "result")
    }

    @Test(
        "a setting that cannot be meant stops the start with code 78 and its name",
        arguments: [
            ["OPENAI_API_KEY": "k", "OPENAI_API_ENDPOINT": "ftp://x"], ["LOG_LEVEL": "loud"], ["USE_MOCK": "perhaps"],
            ["OPENAI_API_KEY": "k", "OPENAI_API_ENDPOINT": "http://api.example.com"],
        ])
    func badSetting(environment: [String: String]) throws {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = DaemonProcess.binary("ultrad")
        process.arguments = ["--socket", "/nonexistent/never.sock"]
        process.environment = environment
        process.standardError = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 78)
        #expect(environment.keys.contains { text.contains($0) })
    }
}
