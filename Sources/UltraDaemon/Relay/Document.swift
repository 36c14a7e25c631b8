internal import Glibc
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// One request to a provider whose reply is a JSON document other than an answer: a list of models, vectors.
@Loop
final class Document {
    private let transport: Transport
    private let adapter: any Adapter
    /// `provider/model`, for error messages.
    private let model: String?
    /// The provider's id of the exchange; nil until the head of the reply has come.
    private(set) var requestID: String?

    /// HTTP status; 0: no reply has come.
    private var status = 0
    private let limitBytes: Int

    /// - Parameter limitBytes: a longer reply is `too_large`.
    init(_ transport: Transport, _ adapter: any Adapter, model: String? = nil, limitBytes: Int) {
        self.transport = transport
        self.adapter = adapter
        self.model = model
        self.limitBytes = limitBytes
    }

    /// Fetches the reply to `request` and parses it with `read`, which consumes one value.
    /// - Parameters:
    ///   - isFresh: true for a new connection instead of a pooled one.
    ///   - onBytes: called with the number of bytes received; reading goes on when it returns.
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

    /// Fetches the body of a successful reply to `request`.
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
            // An error body is cut off at its useful length.
            let limit = (200...299).contains(received.status) ? limitBytes : ReplyDecoder.errorLimitBytes
            while body.count <= limit, try await exchange.read(into: &bytes) {
                body += bytes
                await onBytes?(bytes.count)
            }
            // Ends a transfer that is incomplete.
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

    /// The error for a reply of an unexpected form.
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
