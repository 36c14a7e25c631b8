internal import UltraAPI
internal import UltraSystem

/// `subscribe`: a snapshot of the registry, then events until the client cancels.
struct SubscribeOperation: Operation {
    private let feed: EventFeed
    private let registry: Registry
    private let loaded: LoadedConfiguration

    init(_ feed: EventFeed, _ registry: Registry, _ loaded: LoadedConfiguration) {
        self.feed = feed
        self.registry = registry
        self.loaded = loaded
    }

    func begin(_ call: Call, _ frame: RequestFrame, in session: any Session) throws(UltraError) {
        let names = try frame.topics() ?? FeedTopic.allCases.map(\.rawValue)
        var topics: Set<FeedTopic> = []
        for (index, name) in names.enumerated() {
            guard let topic = FeedTopic(rawValue: name) else {
                let known = FeedTopic.allCases.map(\.rawValue).joined(separator: ", ")
                throw UltraError(
                    .invalidRequest, "there is no such topic", hint: "there are \(known)", field: "topics[\(index)]")
            }
            topics.insert(topic)
        }
        try feed.admit(call.caller)
        try session.admitSubscription()
        call.onCancel = { [feed] call in
            feed.unsubscribe(call)
            if let reason = call.cancellation { call.fail(reason) }
        }
        let visibility = loaded.administrators.visibility(for: call.caller)
        feed.subscribe(call, seeing: visibility, to: topics) { json in
            SnapshotReport.write(
                registry.providers.map { ProviderReport($0, visibility) },
                models: registry.modelsJSON(matching: ModelFilter()), to: &json)
        }
    }
}
