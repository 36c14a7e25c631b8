internal import Glibc
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// One reply of an upstream as it arrives: what an attempt keeps while it waits for more.
@Loop
final class UpstreamReply {
    let exchange: Exchange
    /// What has been decoded and not been taken yet.
    var events: [AnswerEvent] = []
    private let candidate: Candidate
    private let isStream: Bool
    private var decoder: ReplyDecoder
    private var head: HTTPHead?
    private var bytes: [UInt8] = []

    init(_ exchange: Exchange, _ decoder: consuming ReplyDecoder, _ candidate: Candidate, isStream: Bool) {
        self.exchange = exchange
        self.decoder = decoder
        self.candidate = candidate
        self.isStream = isStream
    }

    /// The answer is complete, whatever still comes.
    var isComplete: Bool { decoder.isComplete }

    /// The answer is complete and holds nothing.
    var isEmptyAnswer: Bool { decoder.isEmptyAnswer }

    /// The provider's id of the exchange, for its support.
    var requestID: String? { decoder.requestID }

    /// What a look at the reply brought.
    enum Look {
        /// Nothing new: the reader has to wait.
        case nothing
        /// Something, in `events` or of the reply's state.
        case more
        case failure(UltraError)
    }

    /// Decodes what has arrived.
    @inline(never)
    func look() -> Look {
        do throws(TransportError) {
            if head == nil {
                guard let arrived = try exchange.arrivedHead() else { return .nothing }
                head = arrived
                decoder.receive(arrived, now: time(nil))
            }
            switch try exchange.takeArrived(into: &bytes) {
            case .nothing: return .nothing
            case .bytes: return receive()
            case .end: return finish()
            }
        } catch {
            // A stream cut after its last word is whole: the decoder knows.
            if isStream, head != nil, error.kind == .connectionLost { return finish() }
            return .failure(
                UltraError(error, provider: candidate.provider.id, model: candidate.id, head, decoder.requestID))
        }
    }

    private func receive() -> Look {
        do throws(UltraError) {
            try decoder.receive(bytes, into: &events)
            return .more
        } catch {
            return .failure(error)
        }
    }

    private func finish() -> Look {
        do throws(UltraError) {
            try decoder.finish(into: &events)
            return .more
        } catch {
            return .failure(error)
        }
    }
}
