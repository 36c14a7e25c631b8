internal import UltraAPI
internal import UltraSystem

/// Tells subscribers of the topic `requests` of each request to a model.
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
        feed.publish(.requests, of: record.caller.uid) {
            event(.began, of: record, model, isKnown: registry.isKnown(model))
        }
    }

    func ended(_ record: RequestRecord) {
        guard feed.has(.requests) else { return }
        let phase = RequestEvent.Phase.ended(error: record.error?.code.rawValue, milliseconds: record.milliseconds)
        if record.hasUse {
            feed.publish(.requests, of: record.caller.uid) {
                event(phase, of: record, record.error?.model ?? record.answer.model, isKnown: record.isModelKnown)
            }
        } else if record.isRefused {
            let model = record.error?.model ?? record.modelAsked
            feed.publish(.requests, of: record.caller.uid) {
                event(phase, of: record, model, isKnown: model.map(registry.isKnown) ?? true)
            }
        }
    }

    private func event(
        _ phase: RequestEvent.Phase, of record: RequestRecord, _ model: String?, isKnown: Bool
    ) -> RequestEvent {
        RequestEvent(
            phase, request: record.number, model: isKnown ? model : RequestMetrics.otherModels,
            uid: Int(record.caller.uid))
    }
}
