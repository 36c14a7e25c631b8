internal import UltraAPI
internal import UltraSystem

/// Tells subscribers of the topic `requests` of each request that reaches a model.
@Loop
final class FeedBook: RequestObserver {
    private let feed: EventFeed
    private let registry: Registry

    init(_ feed: EventFeed, _ registry: Registry) {
        self.feed = feed
        self.registry = registry
    }

    func began(_ record: RequestRecord) {
        guard let model = record.firstModel, feed.has(.requests) else { return }
        feed.publish(.requests, of: record.caller.uid) { json in
            json.field("phase", "began")
            write(record, model, isKnown: registry.isKnown(model), to: &json)
        }
    }

    func ended(_ record: RequestRecord) {
        guard record.part != .request, let use = record.use, feed.has(.requests) else { return }
        feed.publish(.requests, of: record.caller.uid) { json in
            json.field("phase", "ended")
            write(record, record.error?.model ?? record.answer?.model ?? "", isKnown: use.isModelKnown, to: &json)
            json.fieldOrNull("error", record.error?.code.rawValue)
            json.field("ms", record.milliseconds)
        }
    }

    private func write(_ record: RequestRecord, _ model: String, isKnown: Bool, to json: inout JSONWriter) {
        json.field("request", record.number)
        json.field("model", isKnown ? model : RequestMetrics.otherModels)
        json.field("uid", Int(record.caller.uid))
    }
}
