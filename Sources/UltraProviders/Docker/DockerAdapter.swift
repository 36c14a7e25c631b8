package import UltraAPI

/// The adapter for Docker Model Runner over HTTP: OpenAI's API for generation, Docker's own for the list of models.
///
/// The server listens on TCP, or on Docker Desktop's socket below a path prefix.
package struct DockerAdapter: Adapter {
    /// The path prefix of Model Runner on Docker Desktop's socket.
    package static let socketPrefix = "/exp/vDD4.40"
    static let bodyLimitBytes = 10 << 20

    package let provider: String
    /// Ends in `/engines/v1`, `/engines/BACKEND/v1` or `/v1`.
    package let endpoint: Endpoint
    /// The path of the Unix socket to connect to; nil to connect to the endpoint's host.
    package let socketPath: String?
    private let openAI: OpenAIAdapter

    package init(provider: String = "docker", endpoint: Endpoint, socketPath: String? = nil) {
        self.provider = provider
        self.endpoint = endpoint
        self.socketPath = socketPath
        openAI = OpenAIAdapter(provider: provider, endpoint: endpoint, key: nil, dialect: .of("localhost"))
    }

    package var key: Secret? { nil }

    package func constraints(of model: String) -> RequestConstraints { openAI.constraints(of: model) }

    package func write(
        _ request: Request, model: String, isStream: Bool, _ facts: WireFacts
    ) throws(UltraError) -> EncodedRequest {
        for part in request.messages.lazy.flatMap(\.parts) {
            switch part {
            case .imageURL:
                throw refusal(
                    .capabilityMissing, model, "takes images only as data: its engine does not download URLs",
                    hint: "send the image itself, as media_type and data")
            case .document:
                throw refusal(
                    .capabilityMissing, model, "takes no documents",
                    hint: "send the document's text, or its pages as images")
            case .text, .imageData, .reasoning, .cacheMarker: break
            }
        }
        return try checked(openAI.write(request, model: model, isStream: isStream, facts), model)
    }

    package func encodeEmbed(_ request: EmbedRequest, model: String) throws(UltraError) -> EncodedRequest {
        try checked(openAI.encodeEmbed(request, model: model), model)
    }

    package var embedBatchLimit: Int { openAI.embedBatchLimit }

    /// Docker's own list. Unlike OpenAI's, it has all tags of a model and its chat template, which reveals
    /// capabilities.
    package func listRequest(page: String?) -> HTTPRequest { get("/models") }

    /// The list of the models that are loaded or being loaded.
    package func loadingRequest() -> HTTPRequest? { get("/engines/ps") }

    package func decodeLoading(_ reader: inout JSONReader) throws(JSONError) -> Set<String> {
        Set(try DockerRunning.read(&reader).filter(\.isLoading).map(\.model))
    }

    package func decodeAnswer(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError) {
        try openAI.decodeAnswer(&reader, into: &reply)
    }

    package func decodeEvent(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError) {
        try openAI.decodeEvent(&reader, into: &reply)
    }

    package func decodeEmbeddings(_ reader: inout JSONReader) throws(JSONError) -> Embeddings {
        try openAI.decodeEmbeddings(&reader)
    }

    package var listForm: ModelListForm { ModelListForm("data", allowsBareArray: true, allowsNull: true) }

    package func decodeModels(_ reader: inout JSONReader) throws(JSONError) -> ModelPage {
        ModelPage(try DockerModels.read(&reader))
    }

    /// Most errors are one line of plain text.
    package func classify(_ error: ErrorBody, status: Int?) -> ErrorClass {
        let message = (error.message ?? "").lowercased()
        // A Docker socket without Model Runner: none of its paths exist.
        if status == 404, message.hasPrefix("page not found") { return ErrorClass(.connectFailed, isRetryable: false) }
        // The backend is not installed. Other providers send 412 for a suspended account.
        if status == 412 { return ErrorClass(.badRequest, isRetryable: false) }
        if status == 400, message.hasPrefix("request too large") { return ErrorClass(.badRequest, isRetryable: false) }
        return .standard(error, status: status)
    }

    private func checked(_ encoded: EncodedRequest, _ model: String) throws(UltraError) -> EncodedRequest {
        guard encoded.http.body.count <= Self.bodyLimitBytes else {
            throw refusal(
                .badRequest, model, "takes requests of \(Self.bodyLimitBytes >> 20) MiB at most",
                hint: "send smaller images, or fewer")
        }
        var encoded = encoded
        encoded.http.unixSocketPath = socketPath
        return encoded
    }

    private func get(_ path: String) -> HTTPRequest {
        HTTPRequest(
            method: .get, url: root + path, unixSocketPath: socketPath,
            headers: [HTTPHeader("Accept", "application/json")])
    }

    /// The endpoint without `/engines/v1`, `/engines/BACKEND/v1` or `/v1`.
    private var root: String {
        var segments = endpoint.base.split(separator: "/", omittingEmptySubsequences: false)
        // The scheme, the empty string after it and the host are three segments.
        if segments.count > 3, segments.last == "v1" { segments.removeLast() }
        if segments.count > 3, segments.last == "engines" {
            segments.removeLast()
        } else if segments.count > 4, segments[segments.count - 2] == "engines" {
            segments.removeLast(2)
        }
        return segments.joined(separator: "/")
    }

    private func refusal(_ code: ErrorCode, _ model: String, _ sentence: String, hint: String) -> UltraError {
        UltraError(
            code, "\(provider)/\(model) \(sentence)", hint: hint, provider: provider, model: "\(provider)/\(model)")
    }
}
