internal import Glibc
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// One reply of an upstream while it arrives: reads and decodes it, and charges the call for a document's bytes.
@Loop
final class UpstreamReply {
    let exchange: Exchange
    /// Events that were decoded; the reader empties it.
    var events: [AnswerEvent] = []
    private let candidate: Candidate
    private let call: Call
    /// The longest reply in one document.
    private let limitBytes: Int
    private let isStream: Bool
    /// Bytes of a document that are charged to the call, `copies` times each.
    private var charge = 0
    private var decoder: ReplyDecoder
    private var head: HTTPHead?
    private var bytes: [UInt8] = []

    /// - Parameters:
    ///   - decoder: makes the decoder in place, because a copy of its state costs more than the state.
    ///   - call: charged for the bytes that are kept of the reply.
    ///   - limitBytes: the longest reply in one document.
    init(
        _ exchange: Exchange, _ decoder: () -> ReplyDecoder, _ candidate: Candidate, _ call: Call, limitBytes: Int,
        isStream: Bool
    ) {
        self.exchange = exchange
        self.decoder = decoder()
        self.candidate = candidate
        self.call = call
        self.limitBytes = limitBytes
        self.isStream = isStream
        events.reserveCapacity(4)
    }

    /// True if the answer is complete, even if more bytes follow.
    var isComplete: Bool { decoder.isComplete }

    /// True for a document whose decoding takes milliseconds.
    private(set) var isLong = false

    /// See `ReplyDecoder`.
    func refusedMember(known: Set<String>) -> RefusedMember? { decoder.refusedMember(known: known) }
    /// True if the answer is complete and has no content.
    var isEmptyAnswer: Bool { decoder.isEmptyAnswer }

    /// The provider's id of the exchange, for its support team.
    var requestID: String? { decoder.requestID }

    enum Progress {
        /// Nothing has arrived: the reader has to wait.
        case nothing
        /// Something has arrived; there may be new `events`.
        case more
        case failure(UltraError)
    }

    /// Decodes the bytes that have arrived.
    @inline(never)
    func advance() -> Progress {
        do throws(TransportError) {
            if head == nil {
                guard let arrived = try exchange.arrivedHead() else { return .nothing }
                head = arrived
                decoder.receive(arrived, now: time(nil))
            }
            if charge > 0 || !isStream, call.memory.mustWait(self) { return .nothing }
            switch try exchange.takeArrived(into: &bytes) {
            case .nothing: return .nothing
            case .bytes: return receive()
            case .end: return finish()
            }
        } catch {
            // A stream that is cut off after its last event is complete; the decoder decides.
            if isStream, head != nil, error.kind == .connectionLost { return finish() }
            return .failure(
                UltraError(error, provider: candidate.provider.id, model: candidate.id, head, decoder.requestID))
        }
    }

    private func receive() -> Progress {
        do throws(UltraError) {
            try decoder.receive(bytes, into: &events)
            if decoder.keptByteCount >= charge + Self.chargedStep { try chargeDocument() }
            return .more
        } catch {
            return .failure(error)
        }
    }

    private static let chargedStep = 64 << 10

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

    /// The copies charged of a document: its bytes, the text that is read from them, and the frame that is made of that.
    static let copies = 3

    /// Gives back the bytes charged for the document, because nobody needs the reply any more.
    func release() {
        call.memory.replyEnded(self)
        call.hold(-Self.copies * charge)
        charge = 0
    }

    private func finish() -> Progress {
        do throws(UltraError) {
            isLong = decoder.keptByteCount > 1 << 20
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
    var number: Int { call.record.number }
    var isHeld: Bool { charge > 0 }

    func roomMayBeFree() -> Bool {
        guard call.memory.mayRead(self) else { return false }
        goOn()
        return true
    }

    func goOn() {
        exchange.wake()
    }
}
