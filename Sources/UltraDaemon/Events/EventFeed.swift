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
        var visibility: Visibility
        /// Of the last frame sent: each one's is one more than that before.
        var sequence: Int
    }

    private var subscribers: [ObjectIdentifier: Subscriber] = [:]
    /// Subscriptions to each topic: requests ask for it, and most of the time there is none.
    private var counts: [Topic: Int] = [:]
    /// Of each user: every event is written for each of them.
    private var countsOfUsers: [UInt32: Int] = [:]

    /// Throws where the user of `peer` has as many subscriptions as there may be.
    func admit(_ peer: Peer) throws(UltraError) {
        guard countsOfUsers[peer.uid, default: 0] < RequestBound.userSubscriptions.most else {
            throw RequestBound.userSubscriptions.exceeded(at: "op")
        }
    }

    /// Begins with the frame `snapshot`, whose `data` is written by `write`. Ends when the call does.
    func subscribe(
        _ call: Call, seeing visibility: Visibility, to topics: Set<Topic>, snapshot write: (inout JSONWriter) -> Void
    ) {
        subscribers[ObjectIdentifier(call)] = Subscriber(
            call: call, topics: topics, visibility: visibility, sequence: 1)
        for topic in topics { counts[topic, default: 0] += 1 }
        countsOfUsers[call.peer.uid, default: 0] += 1
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
        guard let subscriber = subscribers.removeValue(forKey: ObjectIdentifier(call)) else { return }
        for topic in subscriber.topics { counts[topic, default: 0] -= 1 }
        let left = countsOfUsers[call.peer.uid, default: 0] - 1
        countsOfUsers[call.peer.uid] = left > 0 ? left : nil
    }

    /// Other clients are administrators now.
    func review(_ visibility: (Peer) -> Visibility) {
        for (key, subscriber) in subscribers { subscribers[key]?.visibility = visibility(subscriber.call.peer) }
    }

    /// Ends every subscription: none would by itself.
    func end(_ reason: UltraError) {
        let ended = subscribers.values.map(\.call)
        subscribers = [:]
        (counts, countsOfUsers) = ([:], [:])
        for call in ended { call.fail(reason) }
    }

    /// Sends one event; who does not read fast enough is told so and loses the subscription, never a single event.
    /// - Parameter uid: whose doing it tells of; nil: nobody's, and everybody may know.
    func publish(_ topic: Topic, of uid: UInt32? = nil, _ write: (inout JSONWriter) -> Void) {
        guard has(topic) else { return }
        var behind: [Call] = []
        for key in subscribers.keys {
            guard let subscriber = subscribers[key], subscriber.topics.contains(topic) else { continue }
            if let uid, !subscriber.visibility.shows(uid) { continue }
            guard !subscriber.call.isCongested else {
                behind.append(subscriber.call)
                continue
            }
            let sequence = subscriber.sequence + 1
            subscribers[key]?.sequence = sequence
            subscriber.call.send { writer, id in
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

    func has(_ topic: Topic) -> Bool { counts[topic, default: 0] > 0 }
}
