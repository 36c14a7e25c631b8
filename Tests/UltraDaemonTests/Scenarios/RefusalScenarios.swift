import Foundation
import ScriptedProvider
import Testing

/// The records of requests that are refused before they reach a model, or before they are read at all.
@Suite("Scenarios: refusals")
struct RefusalScenarios {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        /// The frames of one connection.
        let frames: [String]
        /// The operation and the outcome that are counted for the last frame.
        let operation: String
        let outcome: String
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "no JSON", frames: ["{"], operation: "unknown", outcome: "invalid_frame"),
        Case(name: "no id", frames: [#"{"op":"ping"}"#], operation: "unknown", outcome: "invalid_frame"),
        Case(
            name: "an unknown operation", frames: [#"{"id":7,"op":"nothing"}"#], operation: "unknown",
            outcome: "invalid_request"),
        Case(
            name: "an id in flight", frames: [#"{"id":7,"op":"subscribe"}"#, #"{"id":7,"op":"ping"}"#],
            operation: "ping", outcome: "invalid_request"),
        Case(
            name: "more requests than a connection may have",
            frames: [#"{"id":7,"op":"subscribe"}"#, #"{"id":8,"op":"models"}"#], operation: "models",
            outcome: "rate_limited"),
        Case(
            name: "a member of the wrong type", frames: [#"{"id":7,"op":"models","provider":3}"#], operation: "models",
            outcome: "invalid_request"),
    ]

    private static func total(_ client: Client) throws -> Exposition {
        try Exposition(try client.ask(#"{"id":1,"op":"metrics"}"#)["text"] as? String ?? "")
    }

    @Test("a request refused before it runs is counted", arguments: cases)
    func counted(row: Case) throws {
        let folder = try TemporaryFolder("ultra-refusals")
        try folder.write("ultrad.toml", "[limits]\ncalls_per_connection = 1\n")
        let daemon = try DaemonProcess(["USE_MOCK": "true"], arguments: ["--config", "\(folder.path)/ultrad.toml"])
        let client = try daemon.client()
        for frame in row.frames { client.send(frame) }
        // The snapshot of the subscription, if there is one, and the refusal.
        for _ in row.frames { _ = try client.next() }
        let metrics = try Self.total(try daemon.client())
        let labels = MetricsScenarios.outcome(row.operation, row.outcome)
        #expect(metrics["ultrad_requests_total", labels] == 1)
        #expect(metrics.sum("ultrad_requests_total") == 1)
    }

    @Test("a refused connection is counted")
    func connection() throws {
        let folder = try TemporaryFolder("ultra-refusals")
        try folder.write("ultrad.toml", "[limits]\nconnections = 2\n")
        let daemon = try DaemonProcess(["USE_MOCK": "true"], arguments: ["--config", "\(folder.path)/ultrad.toml"])
        let client = try daemon.client()
        #expect(try client.ask(#"{"id":1,"op":"ping"}"#).event == "result")
        // The connection that tested the socket has ended by now, so that this one is the second.
        let other = try daemon.client()
        #expect(try other.ask(#"{"id":1,"op":"ping"}"#).event == "result")
        #expect(try daemon.client().next()?.code == "rate_limited")
        #expect(
            try Self.total(client)["ultrad_requests_total", MetricsScenarios.outcome("unknown", "rate_limited")] == 1)
    }

    @Test("a request refused before it reaches a model has an end event and no row in the ledger")
    func events() throws {
        let daemon = try DaemonProcess(["USE_MOCK": "true"])
        let watcher = try Watcher(daemon, "requests")
        let client = try daemon.client()
        let known = #""model":"mock/echo""#
        let requests = [
            (#"{"id":1,"op":"generate","model":"nobody","prompt":"a"}"#, "model_not_found", "other"),
            (#"{"id":1,"op":"stream",\#(known),"prompt":3}"#, "invalid_request", nil),
            (#"{"id":1,"op":"embed",\#(known),"input":["a"]}"#, "capability_missing", "mock/echo"),
        ]
        for (request, code, model) in requests {
            #expect(try client.ask(request).code == code)
            let event = try watcher.next()
            #expect(event["phase"] as? String == "ended", "\(event)")
            #expect(event["error"] as? String == code, "\(event)")
            #expect(event["model"] as? String == model, "\(event)")
        }
        // A refused operation without a model has no event: the next event is that of the request after it.
        #expect(try client.ask(#"{"id":1,"op":"models","provider":3}"#).code == "invalid_request")
        #expect(try client.ask(#"{"id":1,"op":"generate",\#(known),"prompt":"a"}"#).event == "result")
        #expect(try watcher.next()["phase"] as? String == "began")
        #expect(try watcher.next()["error"] is NSNull)
        let rows = try client.ask(#"{"id":1,"op":"usage"}"#)["rows"] as? [[String: Any]]
        #expect(rows?.first?["requests"] as? Int == 1)
    }
}
