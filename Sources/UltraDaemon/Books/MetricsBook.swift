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
        guard record.part != .request, let use = record.use, let answer = record.answer else { return }
        counts.ended(record.operation, answer, record.error, isKnown: use.isModelKnown)
    }
}
