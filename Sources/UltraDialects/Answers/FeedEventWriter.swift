package import UltraAPI

/// Writes events of a subscription as server-sent events (HTML Living Standard, section 9.2): the kind of the native frame
/// as `event`, its number as `id`, and its data.
package enum FeedEventWriter {
    /// The data of an event begins with its topic, for which server-sent events have no field.
    package static func write(_ event: FeedEvent, to bytes: inout [UInt8]) {
        switch event {
        case .snapshot(let data):
            begin("snapshot", sequence: 1, to: &bytes)
            bytes += data.bytes
        case .event(let sequence, let topic, let data):
            begin("event", sequence: sequence, to: &bytes)
            ServerSentEvent.object(to: &bytes) { json in
                json.field("topic", topic)
                json.members(of: data)
            }
        }
        bytes += Array("\n\n".utf8)
    }

    /// The event `error`, the last one of a subscription.
    package static func failed(_ error: UltraError, to bytes: inout [UInt8]) {
        bytes += Array("event: error\ndata: ".utf8)
        bytes += UltraErrorWriter.body(error)
        bytes += Array("\n\n".utf8)
    }

    /// A comment, which clients skip.
    package static func filler(to bytes: inout [UInt8]) {
        bytes += Array(": ultrad\n\n".utf8)
    }

    private static func begin(_ name: StaticString, sequence: Int, to bytes: inout [UInt8]) {
        bytes += Array("event: \(name)\nid: \(sequence)\ndata: ".utf8)
    }
}
