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
    private let call: Call
    /// Of a document.
    private let limitBytes: Int
    private let isStream: Bool
    /// Bytes of a document that the call is charged for, without what is made of them.
    private var charge = 0
    private var decoder: ReplyDecoder
    private var head: HTTPHead?
    private var bytes: [UInt8] = []

    /// - Parameters:
    ///   - call: charged for what is kept of the reply.
    ///   - limitBytes: of a reply that is one document.
    init(
        _ exchange: Exchange, _ decoder: consuming ReplyDecoder, _ candidate: Candidate, _ call: Call, limitBytes: Int,
        isStream: Bool
    ) {
        self.exchange = exchange
        self.decoder = decoder
        self.candidate = candidate
        self.call = call
        self.limitBytes = limitBytes
        self.isStream = isStream
    }

    /// The answer is complete, whatever still comes.
    var isComplete: Bool { decoder.isComplete }

    /// See `ReplyDecoder`.
    func refusedMember(known: Set<String>) -> RefusedMember? { decoder.refusedMember(known: known) }
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
            if charge > 0, call.memory.mustWait(self) { return .nothing }
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
            if decoder.keptByteCount >= charge + Self.chargedStep { try chargeDocument() }
            return .more
        } catch {
            return .failure(error)
        }
    }

    private static let chargedStep = 256 << 10

    private func chargeDocument() throws(UltraError) {
        let kept = decoder.keptByteCount
        guard kept <= limitBytes else {
            throw UltraError(
                .tooLarge, "the answer of \(candidate.provider.id) has more than \(limitBytes) bytes",
                hint: "use stream, ask for less at once, or raise limits.frame_bytes", provider: candidate.provider.id,
                model: candidate.id, requestID: decoder.requestID)
        }
        call.hold(Self.copies * (kept - charge))
        charge = kept
    }

    /// A document, the text that is read from it, and the frame that is made of that, are there at once.
    static let copies = 3

    /// What the document was charged for; the reply is done with.
    func release() {
        call.memory.replyEnded(self)
        call.hold(-Self.copies * charge)
        charge = 0
    }

    private func finish() -> Look {
        do throws(UltraError) {
            defer { release() }
            try decoder.finish(into: &events)
            return .more
        } catch {
            return .failure(error)
        }
    }
}

extension UpstreamReply: LongReply {
    var user: ByteAccount.User { call.user }

    func roomMayBeFree() -> Bool {
        guard !call.isOverShare else { return false }
        goOn()
        return true
    }

    func goOn() {
        exchange.wake()
    }
}
