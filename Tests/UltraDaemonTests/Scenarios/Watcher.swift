import Foundation
import Testing

/// A subscriber that waits for events of a daemon, and checks that no number is missing.
final class Watcher {
    private let client: Client
    private(set) var snapshot: [String: Any] = [:]
    private var sequence = 0

    /// Returns when the snapshot has arrived.
    init(_ daemon: DaemonProcess, _ topic: String = "health") throws {
        client = try daemon.client()
        client.send(#"{"id":1,"op":"subscribe","topics":["\#(topic)"]}"#)
        guard let first = try client.next(), first.event == "snapshot" else { throw ClientError(what: "no snapshot") }
        snapshot = first["data"] as? [String: Any] ?? [:]
        sequence = first["seq"] as? Int ?? 0
    }

    func next() throws -> [String: Any] {
        guard let frame = try client.next(), frame.event == "event" else { throw ClientError(what: "no event") }
        #expect(frame["seq"] as? Int == sequence + 1)
        sequence += 1
        return frame["data"] as? [String: Any] ?? [:]
    }

    /// The next change of `subject`, a model or a provider as a whole, to `state`.
    @discardableResult
    func change(of subject: String, to state: String) throws -> [String: Any] {
        while true {
            let event = try next()
            let about = event["model"] as? String ?? event["provider"] as? String
            if about == subject, event["to"] as? String == state { return event }
        }
    }

    /// Returns when `count` more requests have reached a model.
    func began(_ count: Int) throws {
        var left = count
        while left > 0 {
            if try next()["phase"] as? String == "began" { left -= 1 }
        }
    }
}
