package import UltraAPI

/// One provider's API as two pure directions: a request becomes bytes, bytes become events.
///
/// A value without clock, connection or retry. Endpoint and key are stored properties: a provider with several keys
/// is several adapters. `ReplyDecoder` does what is the same for all: status, framing, limits, end of stream, errors.
package protocol Adapter: Sendable {
    /// The provider's id, as in `provider/model`.
    var provider: String { get }
    /// The key it sends; `nil`: none. Taken out of anything the provider says.
    var key: Secret? { get }
    /// How a streamed reply is split.
    var framing: Framing { get }
    /// Whether `data: [DONE]` ends a stream. Where it does not, it says nothing.
    var hasEndMarker: Bool { get }

    /// What the provider demands of a request to `model`; `encode` sees to it.
    func needs(of model: String) -> RequestNeeds
    /// The call that answers `request`, which is as `needs` has it. Nothing the provider would refuse is sent: it is
    /// left out and named in `warnings`. Only `encode` calls this.
    /// - Throws: `capability_missing` or `bad_request` when nothing sensible remains, `context_length` where more is
    ///   said than the model can read.
    func write(
        _ request: Request, model: String, isStream: Bool, _ facts: WireFacts
    ) throws(UltraError) -> EncodedRequest
    /// The adapter that serves `request` to `model`: another one where the provider has several APIs. Everything else
    /// of that exchange is asked of it.
    func serving(_ request: Request, model: String) -> any Adapter
    /// The call that lists the provider's models and costs nothing; `page` as `ModelPage.next` gave it.
    func listRequest(page: String?) -> HTTPRequest
    /// Where in the reply to that call the models are.
    var listForm: ModelListForm { get }
    /// The call that tells more of one listed model, for lists that say little; `nil`: there is none, or no need.
    func detailRequest(_ model: DiscoveredModel) -> HTTPRequest?
    /// The call that tells which models are being loaded; `nil`: there is none.
    func loadingRequest() -> HTTPRequest?
    /// The call that embeds `request.input`, of which there are at most `embedBatchLimit`.
    func encodeEmbed(_ request: EmbedRequest, model: String) throws(UltraError) -> EncodedRequest
    /// Most inputs of one embedding call.
    var embedBatchLimit: Int { get }

    /// Reads a whole unary reply. An error object inside it is reported by `reply.reportError()`.
    func decodeAnswer(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError)
    /// Reads one event of a streamed reply. The hot path: called once a token.
    func decodeEvent(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError)
    /// Reads a reply to `listRequest`.
    func decodeModels(_ reader: inout JSONReader) throws(JSONError) -> ModelPage
    /// Reads a reply to `detailRequest` into what the list said.
    func decodeDetail(_ reader: inout JSONReader, into model: inout DiscoveredModel) throws(JSONError)
    /// Reads a reply to `loadingRequest`: the ids of those models.
    func decodeLoading(_ reader: inout JSONReader) throws(JSONError) -> Set<String>
    /// Reads a reply to `encodeEmbed`.
    func decodeEmbeddings(_ reader: inout JSONReader) throws(JSONError) -> Embeddings
    /// What an error means; `ErrorClass.standard` unless the provider has words of its own.
    func classify(_ error: ErrorBody, status: Int?) -> ErrorClass
}

/// How the events of a streamed reply are told apart.
package enum Framing: Sendable {
    case serverSentEvents
    /// One JSON text a line.
    case jsonLines
}

/// A request ready to be sent, and what of the client's wishes it leaves out.
package struct EncodedRequest: Sendable, Equatable {
    package var http: HTTPRequest
    /// One sentence each, for the answer's `warnings`.
    package var warnings: [String]
    /// For `AnswerEvent.restoreToolName`; `nil`: every tool is called by its own name.
    package var toolNames: ToolNames?
    /// The context window, in tokens, the server was asked to make room for; `nil`: it was not asked.
    package var contextWindow: Int?

    package init(_ http: HTTPRequest, warnings: [String] = []) {
        self.http = http
        self.warnings = warnings
    }
}

extension Adapter {
    /// The call that answers `request`, with `request` mended where the provider demands it. Nothing the provider would
    /// refuse is sent: it is left out, or said otherwise, and named in `warnings` if the meaning may have changed.
    /// - Throws: `capability_missing` or `bad_request` when nothing sensible remains, `context_length` where more is
    ///   said than the model can read.
    package func encode(
        _ request: Request, model: String, isStream: Bool, facts: WireFacts = WireFacts()
    ) throws(UltraError) -> EncodedRequest {
        var mended: MendedRequest?
        if !RequestMending.isPlain(request) {
            mended = RequestMending.mended(
                request, needs(of: model), model: "\(provider)/\(model)", facts.returnReasoning)
        }
        var encoded = try write(mended?.request ?? request, model: model, isStream: isStream, facts)
        if let mended {
            encoded.warnings = mended.warnings + encoded.warnings
            encoded.toolNames = mended.toolNames
        }
        if !facts.omitted.isEmpty {
            for warning in RefusedMember.wishes(in: request, facts, model: "\(provider)/\(model)")
            where !encoded.warnings.contains(warning) { encoded.warnings.append(warning) }
        }
        return encoded
    }

    package func needs(of model: String) -> RequestNeeds { RequestNeeds() }

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
