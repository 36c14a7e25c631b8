internal import UltraAPI
internal import UltraDialects
internal import UltraSystem

/// Requests of Ollama's API.
extension HTTPDoor {
    func ollama(_ path: OllamaPath, _ exchange: HTTPExchange, _ connection: HTTPConnection) {
        switch path {
        case .chat: ask(OllamaRequest<OllamaChat>.self, exchange, connection)
        case .generate: ask(OllamaRequest<OllamaGenerate>.self, exchange, connection)
        case .embed: embed(exchange, connection, isLegacy: false)
        case .embeddings: embed(exchange, connection, isLegacy: true)
        case .tags, .show: models(path, exchange, connection)
        case .ps: exchange.respond(200, .json, OllamaModels.loaded)
        case .version: exchange.respond(200, .json, OllamaModels.version)
        case .pull: pull(exchange)
        }
    }

    private func ask<Operation: OllamaOperation>(
        _: OllamaRequest<Operation>.Type, _ exchange: HTTPExchange, _ connection: HTTPConnection
    ) {
        do throws(UltraError) {
            var asked = try OllamaRequest<Operation>(exchange.body)
            asked.request.model = daemon.nameWithLatest(asked.name)
            guard asked.request.messages.isEmpty else { return generate(asked, exchange, connection) }
            // The client only asks for the model to be loaded or unloaded.
            _ = try daemon.model(asked.request.model ?? "")
            let origin = AnswerOrigin(number: 0, time: RealTime.now, estimatedInputTokens: 0)
            exchange.respond(
                200, asked.isStream ? .lines : .json,
                asked.writer(origin).loaded(asked.unloads ? "unload" : "load"))
        } catch {
            fail(.generate, exchange, connection, error)
        }
    }

    private func embed(_ exchange: HTTPExchange, _ connection: HTTPConnection, isLegacy: Bool) {
        do throws(UltraError) {
            var embed = try OllamaEmbedRequest(exchange.body, isLegacy: isLegacy)
            guard !embed.request.input.isEmpty else { return exchange.respond(200, .json, embed.emptyBody) }
            embed.request.model = daemon.nameWithLatest(embed.name)
            let own = try UltraHeaderFields(exchange.head)
            own.apply(to: &embed.request)
            let sink = HTTPResultSink(exchange) { [embed] result throws(UltraError) in
                guard case .embeddings(let answer) = result else { throw HTTPResultSink.otherKind }
                return .init(fields: HTTPAnswerFields.of(answer, embed.warnings), body: embed.body(answer))
            }
            daemon.perform(call(.embed, exchange, connection, sink)) { [daemon, embed] call throws(UltraError) in
                try daemon.answering.embed(call, embed.request, timeoutMilliseconds: own.timeoutMilliseconds)
            }
        } catch {
            fail(.embed, exchange, connection, error)
        }
    }

    private func models(_ path: OllamaPath, _ exchange: HTTPExchange, _ connection: HTTPConnection) {
        let body = exchange.body
        let sink = HTTPResultSink(exchange) { result throws(UltraError) in
            guard case .report(let report) = result else { throw HTTPResultSink.otherKind }
            return .init(body: report.json.bytes)
        }
        daemon.perform(call(.models, exchange, connection, sink)) { [daemon] call throws(UltraError) in
            guard path == .show else {
                return daemon.listModels(call) { OllamaModels.tags($0, digest: Self.digest) }
            }
            call.end(OllamaModels.show(try daemon.model(daemon.nameWithLatest(try OllamaModels.named(body)))))
        }
    }

    /// Answers a pull: a model that requests can name needs none; others cannot be pulled.
    private func pull(_ exchange: HTTPExchange) {
        do throws(UltraError) {
            let name = try OllamaModels.named(exchange.body)
            do throws(UltraError) {
                _ = try daemon.model(daemon.nameWithLatest(name))
            } catch {
                var error = error
                error.hint = "ollama pull fetches a model for the provider ollama"
                throw error
            }
            exchange.respond(200, .lines, OllamaModels.pulled)
        } catch {
            exchange.respond(error)
        }
    }

    /// The SHA-256 of a model's id in hexadecimal digits.
    @Sendable nonisolated private static func digest(_ id: String) -> String {
        guard let bytes = SHA256()?.digest(of: Array(id.utf8))?.bytes else { return "" }
        return bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
