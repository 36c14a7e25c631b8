internal import UltraAPI
internal import UltraSystem

/// Counts requests for `metrics`.
@Loop
final class MetricsBook: RequestObserver {
    private(set) var counts = RequestMetrics()

    func ended(_ record: RequestRecord) {
        if record.part != .work {
            counts.ended(record.operation, record.error?.code, nanoseconds: record.nanoseconds)
        }
        guard record.hasUse, let operation = record.operation else { return }
        counts.ended(operation, record.answer, record.error, isKnown: record.isModelKnown)
    }
}
