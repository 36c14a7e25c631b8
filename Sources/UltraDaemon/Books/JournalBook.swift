internal import Logging
internal import UltraAPI
internal import UltraSystem

/// Logs each upstream failure once, however many requests waited for it, and not too many of one user. Failures that the
/// client caused are not logged.
@Loop
final class JournalBook: RequestObserver {
    var log: Logger
    private var lines = FailureLines()

    init(_ log: Logger) {
        self.log = log
    }

    func ended(_ record: RequestRecord) {
        guard record.part != .request, record.use != nil, let error = record.error, record.answer?.cache != .coalesced
        else { return }
        switch error.code {
        case .cancelled, .invalidRequest, .invalidFrame, .badRequest, .contextLength, .contentFiltered,
            .capabilityMissing, .modelNotFound:
            return
        default:
            break
        }
        guard let unsaid = lines.isDue(record.caller.uid, at: EventLoop.now) else { return }
        let more = unsaid > 0 ? " (\(unsaid) more of this user were left out)" : ""
        log.note(
            .requestFailed, "request failed\(more)",
            [
                "ultra_request_id": error.requestID, "ultra_provider": error.provider, "ultra_model": error.model,
                "ultra_peer_uid": "\(record.caller.uid)", "ultra_error_code": error.code.rawValue,
                "ultra_duration_usec": "\(record.nanoseconds / 1000)",
            ])
    }
}
