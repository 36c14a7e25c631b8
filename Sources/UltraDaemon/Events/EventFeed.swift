internal import UltraAPI
internal import UltraSystem

/// The subscriptions, and the numbered stream of events that each gets.
@Loop
final class EventFeed {
    private struct Subscriber {
        let call: Call
        let topics: Set<FeedTopic>
        var visibility: Visibility
        /// The number of the last event; the next one's is one more.
        var sequence: Int
    }

    private var subscribers: [ObjectIdentifier: Subscriber] = [:]
    /// Subscriptions to each topic, because every request asks for that and there is mostly none.
    private var counts: [FeedTopic: Int] = [:]
    /// Subscriptions of each user, which are limited because every event is written for each.
    private var countsOfUsers: [UInt32: Int] = [:]

    /// - Throws: an error if the user has as many subscriptions as it may.
    func admit(_ caller: Caller) throws(UltraError) {
        guard countsOfUsers[caller.uid, default: 0] < RequestBound.userSubscriptions.most else {
            throw RequestBound.userSubscriptions.exceeded(at: "op")
        }
    }

    /// Adds a subscription, which begins with a snapshot and ends with the call.
    /// - Parameter write: adds the members of the snapshot.
    func subscribe(
        _ call: Call, seeing visibility: Visibility, to topics: Set<FeedTopic>,
        snapshot write: (inout JSONWriter) -> Void
    ) {
        subscribers[ObjectIdentifier(call)] = Subscriber(
            call: call, topics: topics, visibility: visibility, sequence: 1)
        for topic in topics { counts[topic, default: 0] += 1 }
        countsOfUsers[call.caller.uid, default: 0] += 1
        call.feed(.snapshot(.object(write)))
    }

    func unsubscribe(_ call: Call) {
        guard let subscriber = subscribers.removeValue(forKey: ObjectIdentifier(call)) else { return }
        for topic in subscriber.topics { counts[topic, default: 0] -= 1 }
        let left = countsOfUsers[call.caller.uid, default: 0] - 1
        countsOfUsers[call.caller.uid] = left > 0 ? left : nil
    }

    /// Updates what each subscriber may see, after a change of the administrators.
    func review(_ visibility: (Caller) -> Visibility) {
        for (key, subscriber) in subscribers { subscribers[key]?.visibility = visibility(subscriber.call.caller) }
    }

    /// Ends every subscription with an error, since none ends by itself.
    func end(_ reason: UltraError) {
        let ended = subscribers.values.map(\.call)
        subscribers = [:]
        (counts, countsOfUsers) = ([:], [:])
        for call in ended { call.fail(reason) }
    }

    /// Sends one event. A subscriber that reads too slowly loses the subscription, with an error, but never an event.
    /// - Parameters:
    ///   - uid: the user whose doing it is; nil: nobody's, so that everybody may see it.
    ///   - event: makes the event; called only if somebody has subscribed.
    func publish(_ topic: FeedTopic, of uid: UInt32? = nil, _ event: () -> some ReportValue) {
        guard has(topic) else { return }
        let data = RawJSON.object(event())
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
            subscriber.call.feed(.event(sequence: sequence, topic: topic.rawValue, data: data))
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

    func has(_ topic: FeedTopic) -> Bool { counts[topic, default: 0] > 0 }
}
