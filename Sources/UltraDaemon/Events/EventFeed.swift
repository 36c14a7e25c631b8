internal import UltraAPI
internal import UltraSystem

/// Who wants to know what happens, and the numbered stream of events each of them gets.
@Loop
final class EventFeed {
    /// What can be subscribed to; the raw values are the wire's words.
    enum Topic: String, CaseIterable, Sendable {
        case health, registry, requests
    }

    private struct Subscriber {
        let call: Call
        let topics: Set<Topic>
        /// Of the last frame sent: each one's is one more than that before.
        var sequence: Int
    }

    /// By the number of their call.
    private var subscribers: [Int: Subscriber] = [:]

    /// Begins with the frame `snapshot`, whose `data` is written by `write`. Ends when the call does.
    func subscribe(_ call: Call, to topics: Set<Topic>, snapshot write: (inout JSONWriter) -> Void) {
        subscribers[call.number] = Subscriber(call: call, topics: topics, sequence: 1)
        call.send { writer, id in
            writer.frame(id, "snapshot") { json in
                json.field("seq", 1)
                json.key("data")
                json.beginObject()
                write(&json)
                json.endObject()
            }
        }
    }

    func unsubscribe(_ call: Call) {
        subscribers[call.number] = nil
    }

    /// Ends every subscription: none would by itself.
    func end(_ reason: UltraError) {
        let ended = subscribers.values.map(\.call)
        subscribers = [:]
        for call in ended { call.fail(reason) }
    }

    /// Sends one event; who does not read fast enough is told so and loses the subscription, never a single event.
    func publish(_ topic: Topic, _ write: (inout JSONWriter) -> Void) {
        guard !subscribers.isEmpty else { return }
        var behind: [Call] = []
        for index in subscribers.indices where subscribers.values[index].topics.contains(topic) {
            let call = subscribers.values[index].call
            guard !call.isCongested else {
                behind.append(call)
                continue
            }
            subscribers.values[index].sequence += 1
            let sequence = subscribers.values[index].sequence
            call.send { writer, id in
                writer.frame(id, "event") { json in
                    json.field("seq", sequence)
                    json.field("topic", topic.rawValue)
                    json.key("data")
                    json.beginObject()
                    write(&json)
                    json.endObject()
                }
            }
        }
        for call in behind {
            unsubscribe(call)
            call.fail(
                UltraError(
                    .fellBehind, "events came faster than they were read",
                    hint: "subscribe again: a snapshot comes first",
                    isRetryable: true))
        }
    }

    func has(_ topic: Topic) -> Bool {
        subscribers.values.contains { $0.topics.contains(topic) }
    }
}
