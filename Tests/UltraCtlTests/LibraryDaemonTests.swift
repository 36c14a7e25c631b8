import Foundation
import Testing
import libultra

/// The library and its examples with the built daemon.
@Suite(.timeLimit(.minutes(3)))
struct LibraryDaemonTests {
    /// Returns the answer of `mock/echo` to `prompt`, or the failure.
    private func echo(_ prompt: String, _ connection: OpaquePointer) -> String {
        var event: OpaquePointer?
        let result = ultra_call(connection, "generate", #"{"model":"mock/echo","prompt":"\#(prompt)"}"#, 10_000, &event)
        guard let event, result == 0 else { return String(cString: ultra_strerror(result)) }
        defer { ultra_event_free(event) }
        var answer = ultra_answer()
        answer.struct_size = MemoryLayout<ultra_answer>.size
        guard ultra_event_answer(event, &answer) == 1, answer.cost_usd == 0, let text = answer.text else { return "?" }
        return String(cString: text)
    }

    /// Reads events until the connection ends, and returns its error.
    private func drain(_ connection: OpaquePointer) -> Int32 {
        var event: OpaquePointer?
        var result: Int32
        repeat {
            result = ultra_next(connection, 10_000, &event)
            if result > 0 { ultra_event_free(event) }
        } while result > 0
        return result
    }

    /// The next event of a kind, within ten seconds.
    private func next(_ connection: OpaquePointer, _ kind: ultra_kind) throws -> OpaquePointer {
        while true {
            var event: OpaquePointer?
            #expect(ultra_next(connection, 10_000, &event) == 1)
            let taken = try #require(event)
            if ultra_event_kind(taken) == kind { return taken }
            ultra_event_free(taken)
        }
    }

    @Test("one handle outlives the daemon, stopped or killed", arguments: [SIGTERM, SIGKILL])
    func restart(_ signal: Int32) throws {
        let daemon = try MockDaemon()
        let connection = try daemon.connect()
        defer { ultra_connection_free(connection) }
        #expect(echo("one", connection) == "one")
        daemon.signal(signal)
        #expect(drain(connection) == ULTRA_ERROR_CLOSED.rawValue)
        _ = daemon.exitStatus()
        try daemon.start()
        #expect(ultra_reconnect(connection, 10_000) == 0)
        #expect(echo("two", connection) == "two")
    }

    @Test("a subscription does not keep the daemon from stopping, and ends with an error")
    func subscription() throws {
        let daemon = try MockDaemon()
        let connection = try daemon.connect()
        defer { ultra_connection_free(connection) }
        #expect(ultra_send(connection, "subscribe", nil, nil) == 0)
        ultra_event_free(try next(connection, ULTRA_KIND_SNAPSHOT))
        daemon.signal()
        // The error arrives in less time than a stopping daemon gives to requests in flight.
        let event = try next(connection, ULTRA_KIND_ERROR)
        defer { ultra_event_free(event) }
        var failure = ultra_failure()
        failure.struct_size = MemoryLayout<ultra_failure>.size
        #expect(ultra_event_failure(event, &failure) == 1)
        #expect(failure.code.map { String(cString: $0) } == "shutting_down")
        #expect(failure.retryable == 1)
        #expect(daemon.exitStatus() == 0)
    }

    @Test(
        "the examples are answered by the daemon", .enabled(if: access("/usr/bin/cc", X_OK) == 0, "needs cc"),
        arguments: ["generate.c", "multiplex.c", "generate.py", "generate.swift"])
    func examples(_ name: String) throws {
        let daemon = try MockDaemon()
        ultra_connection_free(try daemon.connect())
        let library = try LibraryBuild.shared.get()
        let source = "etc/examples/\(name)"
        let arguments = ["one two", "mock/echo"]
        let command: Command
        switch name {
        case "generate.py":
            guard access("/usr/bin/python3", X_OK) == 0 else { return print("python3 is missing: \(name) is not run") }
            command = try library.run(
                "/usr/bin/python3", [Command.root + "/" + source] + arguments, socket: daemon.path, checked: false)
        case "generate.swift":
            guard LibraryBuild.swiftc != nil else { return }
            command = try library.run(try library.swiftExample(), arguments, socket: daemon.path, checked: false)
        default:
            command = try library.run(try library.compile(source), arguments, socket: daemon.path, checked: false)
        }
        let expected = name == "multiplex.c" ? "mock/echo: one two\n" : "one two\n"
        #expect(command == Command(output: expected, error: "", status: 0))
    }
}
