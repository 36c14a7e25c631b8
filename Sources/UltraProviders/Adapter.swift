package import UltraAPI

/// One provider's API, as two pure directions: a request is encoded to bytes, and reply bytes are decoded to events.
///
/// An adapter is a value: it has no clock, no connection and no retry logic. Endpoint and key are stored properties, so
/// a provider with several keys has one adapter per key. `ReplyDecoder` does what all providers share: HTTP status,
/// framing, size limits, end of stream and errors.
package protocol Adapter: Sendable {
    /// The provider's id, as in `provider/model`.
    var provider: String { get }
    /// The API key sent with each request; nil if the provider needs none. It is redacted from every text of the
    /// provider.
    var key: Secret? { get }
    /// How a streamed reply is split into events.
    var framing: Framing { get }
    /// True if the stream ends with `data: [DONE]`. If false, that line has no meaning and is ignored.
    var hasEndMarker: Bool { get }

    /// The provider's constraints on requests to `model`, which `encode` enforces before it calls `write`.
    func constraints(of model: String) -> RequestConstraints
    /// Builds the HTTP request for `request`, which already satisfies `constraints(of:)`. Parameters that the provider
    /// would refuse are left out, each with a warning. Only `encode` calls this.
    /// - Throws: `capability_missing` or `bad_request` if no sensible request remains, `context_length` if the
    ///   conversation is longer than the model's context window.
    func write(
        _ request: Request, model: String, isStream: Bool, _ facts: WireFacts
    ) throws(UltraError) -> EncodedRequest
    /// The adapter to use for this request and its reply: another one where the provider has several APIs (OpenAI's
    /// Chat Completions and Responses).
    func serving(_ request: Request, model: String) -> any Adapter
    /// Builds the request for the provider's list of models, which costs nothing.
    /// - Parameter page: `ModelPage.next` of the previous page; nil for the first page.
    func listRequest(page: String?) -> HTTPRequest
    /// Where the reply to `listRequest` holds the models.
    var listForm: ModelListForm { get }
    /// Builds the request for details of one listed model; nil if the list already says enough or no such call exists.
    func detailRequest(_ model: DiscoveredModel) -> HTTPRequest?
    /// Builds the request for the models that the server is loading into memory; nil if no such call exists.
    func loadingRequest() -> HTTPRequest?
    /// Builds the request that embeds `request.input`.
    /// - Precondition: `request.input` holds at most `embedBatchLimit` inputs.
    /// - Throws: `capability_missing` if the provider has no embeddings.
    func encodeEmbed(_ request: EmbedRequest, model: String) throws(UltraError) -> EncodedRequest
    /// The maximum number of inputs in one embedding call.
    var embedBatchLimit: Int { get }

    /// Decodes a complete, not streamed reply. Calls `reply.reportError()` if the body is an error object.
    func decodeAnswer(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError)
    /// Decodes one event of a streamed reply. This is the hot path: it runs once per token.
    func decodeEvent(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError)
    /// Decodes the reply to `listRequest`.
    func decodeModels(_ reader: inout JSONReader) throws(JSONError) -> ModelPage
    /// Decodes the reply to `detailRequest` and adds its facts to `model`, which the list gave.
    func decodeDetail(_ reader: inout JSONReader, into model: inout DiscoveredModel) throws(JSONError)
    /// Decodes the reply to `loadingRequest`: the ids of the models that are being loaded.
    func decodeLoading(_ reader: inout JSONReader) throws(JSONError) -> Set<String>
    /// Decodes the reply to `encodeEmbed`.
    func decodeEmbeddings(_ reader: inout JSONReader) throws(JSONError) -> Embeddings
    /// Maps a provider's error to a code and to whether a retry may help. The default is `ErrorClass.standard`.
    /// - Parameter status: the HTTP status; nil for an error inside a stream.
    func classify(_ error: ErrorBody, status: Int?) -> ErrorClass
}

/// The delimiter between events of a streamed reply.
package enum Framing: Sendable {
    /// `text/event-stream` (WHATWG HTML, section 9.2).
    case serverSentEvents
    /// One JSON text per line (NDJSON).
    case jsonLines
}

/// An HTTP request ready to be sent, with the warnings about what it leaves out.
package struct EncodedRequest: Sendable, Equatable {
    package var http: HTTPRequest
    /// One sentence per parameter or content that was left out or changed; goes into the answer's `warnings`.
    package var warnings: [String]
    /// The renamed tools, for `AnswerEvent.restoreToolName`; nil if no tool was renamed.
    package var toolNames: ToolNames?
    /// The context window in tokens that the request asks a local server to allocate; nil if it does not ask for one.
    package var contextWindow: Int?

    package init(_ http: HTTPRequest, warnings: [String] = []) {
        self.http = http
        self.warnings = warnings
    }
}

extension Adapter {
    /// Builds the HTTP request for `request`, adjusted to the provider's constraints first. Nothing the provider would
    /// refuse is sent: it is left out or expressed differently, with a warning if the meaning may have changed.
    /// - Throws: `capability_missing` or `bad_request` if no sensible request remains, `context_length` if the
    ///   conversation is longer than the model's context window.
    package func encode(
        _ request: Request, model: String, isStream: Bool, facts: WireFacts = WireFacts()
    ) throws(UltraError) -> EncodedRequest {
        var encoded: EncodedRequest
        if !RequestRepair.isPlain(request),
            let repaired = RequestRepair.repaired(
                request, constraints(of: model), model: "\(provider)/\(model)", facts.returnReasoning)
        {
            encoded = try write(repaired.request, model: model, isStream: isStream, facts)
            encoded.warnings = repaired.warnings + encoded.warnings
            encoded.toolNames = repaired.toolNames
        } else {
            encoded = try write(request, model: model, isStream: isStream, facts)
        }
        if !facts.omitted.isEmpty {
            for warning in RefusedMember.warnings(for: request, facts, model: "\(provider)/\(model)")
            where !encoded.warnings.contains(warning) { encoded.warnings.append(warning) }
        }
        return encoded
    }

    package func constraints(of model: String) -> RequestConstraints { RequestConstraints() }

    package var framing: Framing { .serverSentEvents }
    package var hasEndMarker: Bool { true }
    package var embedBatchLimit: Int { 2048 }
    package var listForm: ModelListForm { ModelListForm("data") }

    package func serving(_ request: Request, model: String) -> any Adapter { self }

    package func detailRequest(_ model: DiscoveredModel) -> HTTPRequest? { nil }

    package func decodeDetail(_ reader: inout JSONReader, into model: inout DiscoveredModel) throws(JSONError) {
        try reader.skip()
    }

    package func loadingRequest() -> HTTPRequest? { nil }

    package func decodeLoading(_ reader: inout JSONReader) throws(JSONError) -> Set<String> {
        try reader.skip()
        return []
    }

    package func encodeEmbed(_ request: EmbedRequest, model: String) throws(UltraError) -> EncodedRequest {
        throw UltraError(
            .capabilityMissing, "\(provider) has no embeddings", hint: "choose an embedding model of another provider",
            provider: provider, model: "\(provider)/\(model)")
    }

    package func decodeEmbeddings(_ reader: inout JSONReader) throws(JSONError) -> Embeddings {
        try reader.skip()
        return Embeddings()
    }

    package func classify(_ error: ErrorBody, status: Int?) -> ErrorClass {
        ErrorClass.standard(error, status: status)
    }
}
