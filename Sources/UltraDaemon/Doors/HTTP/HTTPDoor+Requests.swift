internal import UltraAPI
internal import UltraDialects
internal import UltraSystem

/// Requests to models.
extension HTTPDoor {
    func generate<Dialect: DialectRequest>(
        _: Dialect.Type, _ exchange: HTTPExchange, _ connection: HTTPConnection
    ) {
        do throws(UltraError) {
            generate(try Dialect(exchange.body), exchange, connection)
        } catch {
            fail(.generate, exchange, connection, error)
        }
    }

    func generate<Dialect: DialectRequest>(
        _ dialect: Dialect, _ exchange: HTTPExchange, _ connection: HTTPConnection
    ) {
        do throws(UltraError) {
            var dialect = dialect
            let own = try UltraHeaderFields(exchange.head)
            own.apply(to: &dialect.request)
            if Dialect.self == ChatRequest.self { dialect.passOn(to: daemon.chatServers) }
            let request = dialect.request
            let isStream = dialect.isStream
            // The sink does not need the messages, which may be long.
            dialect.request = Request(messages: [])
            let sink = DialectSink(exchange, dialect, estimatedInputTokens: TokenEstimate.input(request))
            daemon.perform(call(isStream ? .stream : .generate, exchange, connection, sink)) {
                [daemon] call throws(UltraError) in
                try daemon.answering.generate(
                    call, isStream: isStream, timeoutMilliseconds: own.timeoutMilliseconds
                ) { () throws(UltraError) in request }
            }
        } catch {
            fail(.generate, exchange, connection, error)
        }
    }

    /// Answers with an estimate of the input tokens.
    func countTokens(_ exchange: HTTPExchange) {
        do throws(UltraError) {
            let (count, warnings): ([UInt8], [String])
            if exchange.route == .inputTokens {
                let request = try ResponsesRequest(exchange.body)
                (count, warnings) = (request.tokenCount, request.warnings)
            } else {
                let request = try MessagesRequest(exchange.body)
                (count, warnings) = (request.tokenCount, request.warnings)
            }
            exchange.respond(
                200, .json, fields: HTTPAnswerFields.of(warnings + ["input_tokens is an estimate"]), count)
        } catch {
            exchange.respond(error)
        }
    }

    static var noCompletions: UltraError {
        UltraError(
            .capabilityMissing, "completions without messages cannot be had", hint: "use POST /v1/chat/completions")
    }

    func embed(_ exchange: HTTPExchange, _ connection: HTTPConnection) {
        do throws(UltraError) {
            var embed = try OpenAIEmbedRequest(exchange.body)
            let own = try UltraHeaderFields(exchange.head)
            own.apply(to: &embed.request)
            let sink = HTTPResultSink(exchange) { [embed] result throws(UltraError) in
                guard case .embeddings(let answer) = result else { throw HTTPResultSink.otherKind }
                return .init(
                    fields: HTTPAnswerFields.of(answer, embed.warnings), body: try OpenAIEmbedWriter.body(answer, embed)
                )
            }
            daemon.perform(call(.embed, exchange, connection, sink)) { [daemon, embed] call throws(UltraError) in
                try daemon.answering.embed(call, embed.request, timeoutMilliseconds: own.timeoutMilliseconds)
            }
        } catch {
            fail(.embed, exchange, connection, error)
        }
    }

    /// Answers with the models in the request's dialect.
    ///
    /// - Parameter id: The requested model; nil: all models.
    func models(_ exchange: HTTPExchange, _ connection: HTTPConnection, _ id: String?) {
        let sink = HTTPResultSink(exchange) { result throws(UltraError) in
            guard case .report(let report) = result else { throw HTTPResultSink.otherKind }
            return .init(body: report.json.bytes)
        }
        daemon.perform(call(.models, exchange, connection, sink)) { [daemon] call throws(UltraError) in
            switch (exchange.form, id) {
            case (.anthropic, let id?): call.end(AnthropicModelList.report(try daemon.model(id).id))
            case (.anthropic, nil):
                let page = try AnthropicPage(HTTPRoute.parameters(exchange.head.query))
                daemon.listModels(call) { AnthropicModelList.report($0.map(\.id), page) }
            case (_, let id?): call.end(OpenAIModelList.report(try daemon.model(id)))
            case (_, nil): daemon.listModels(call) { OpenAIModelList.report($0) }
            }
        }
    }
}
