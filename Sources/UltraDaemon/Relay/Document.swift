internal import Glibc
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// One call to a provider whose reply is a single JSON document that is no answer: lists of models, vectors.
@Loop
final class Document {
    private let transport: Transport
    private let adapter: any Adapter
    /// `provider/model`, for errors.
    private let model: String?
    /// The provider's id of the exchange, once its head came.
    private(set) var requestID: String?

    /// Of the reply; 0: none came.
    private var status = 0
    private let limitBytes: Int

    /// - Parameter limitBytes: a longer reply is `too_large`.
    init(_ transport: Transport, _ adapter: any Adapter, model: String? = nil, limitBytes: Int) {
        self.transport = transport
        self.adapter = adapter
        self.model = model
        self.limitBytes = limitBytes
    }

    /// The reply to `request`, read by `read`, which consumes one value.
    /// - Parameters:
    ///   - isFresh: on a connection of its own making.
    ///   - onBytes: told how many bytes of the body came; it returns when more may be read. nil: at once.
    func fetch<Value>(
        _ request: HTTPRequest, _ timeouts: ExchangeTimeouts, isFresh: Bool = false,
        onBytes: (@Loop (Int) async -> Void)? = nil, _ read: (inout JSONReader) throws(JSONError) -> Value
    ) async throws(UltraError) -> Value {
        let body = try await fetch(request, timeouts, isFresh: isFresh, onBytes: onBytes)
        do throws(JSONError) {
            return try JSONReader.read(reply: body) { (reader) throws(JSONError) in
                let value = try read(&reader)
                try reader.end()
                return value
            }
        } catch {
            throw unexpected("in a form its API does not promise")
        }
    }

    /// The body of the reply to `request`, which is a success.
    func fetch(
        _ request: HTTPRequest, _ timeouts: ExchangeTimeouts, isFresh: Bool = false,
        onBytes: (@Loop (Int) async -> Void)? = nil
    ) async throws(UltraError) -> [UInt8] {
        let exchange = transport.start(request, timeouts, isFresh: isFresh)
        var decoder = ReplyDecoder(adapter, isStream: false, model: model)
        var body: [UInt8] = []
        var head: HTTPHead?
        do throws(TransportError) {
            let received = try await exchange.head()
            head = received
            decoder.receive(received, now: time(nil))
            requestID = decoder.requestID
            var bytes: [UInt8] = []
            // Of an error more than that says nothing that would be kept.
            let limit = (200...299).contains(received.status) ? limitBytes : ReplyDecoder.errorLimitBytes
            while body.count <= limit, try await exchange.read(into: &bytes) {
                body += bytes
                await onBytes?(bytes.count)
            }
            // Ends a transfer that is not complete.
            exchange.cancel()
        } catch {
            throw UltraError(error, provider: adapter.provider, model: model, head, requestID)
        }
        status = head?.status ?? 0
        guard body.count <= limitBytes else {
            throw .tooLarge(limitBytes, isDocument: true, provider: adapter.provider, model: model, status)
        }
        if !(200...299).contains(status) { throw refusal(&decoder, status, body) }
        return body
    }

    /// What an answer in `form` is called.
    func unexpected(_ form: String) -> UltraError {
        UltraError(
            .upstreamProtocol, "\(adapter.provider) answered \(form)", provider: adapter.provider, model: model,
            status: status, requestID: requestID, isRetryable: true)
    }

    private func refusal(_ decoder: inout ReplyDecoder, _ status: Int, _ body: [UInt8]) -> UltraError {
        var events: [AnswerEvent] = []
        do throws(UltraError) {
            try decoder.receive(body, into: &events)
            try decoder.finish(into: &events)
        } catch {
            return error
        }
        return UltraError(
            .upstreamError, "\(adapter.provider) answered HTTP \(status)", provider: adapter.provider,
            model: model, status: status, requestID: requestID)
    }
}
