internal import Glibc
internal import Logging
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Lists a provider's models at the start and every ten minutes: which ones there are, and that host and key work.
@Loop
struct Discovery {
    static let interval = Duration.seconds(600)
    /// After a failure; doubled up to `interval`.
    static let firstRetry = Duration.seconds(5)
    static let pageLimit = 50

    let provider: ProviderState
    let transport: Transport
    let log: Logger
    /// Called after each look.
    let onChange: @Loop () -> Void

    /// Runs until its task is cancelled.
    func run() async {
        guard provider.availability != .needsKey else { return }
        var pause = Self.firstRetry
        while true {
            let failure = await list()
            let before = provider.availability
            provider.record(failure, by: .probe)
            if let failure {
                log.warning(
                    "listing the models failed",
                    metadata: ["ultra_provider": "\(provider.id)", "ultra_error_code": "\(failure.code.rawValue)"])
                pause = min(pause * 2, Self.interval)
            } else {
                pause = Self.interval
                if before != provider.availability {
                    log.info(
                        "provider is \(provider.availability.rawValue)",
                        metadata: ["ultra_provider": "\(provider.id)", "ultra_models": "\(provider.models.count)"])
                }
            }
            provider.nextProbeAt = time(nil) + Int(pause.milliseconds / 1000)
            onChange()
            do throws(CancellationError) { try await Loop.sleep(for: pause) } catch { return }
        }
    }

    private func list() async -> UltraError? {
        do throws(UltraError) {
            if case .command(let command) = provider.provider.backend {
                provider.models = try await CommandRelay(command: command).models()
            } else {
                provider.models = try await fetchAll()
            }
            provider.listed = Evidence(true, at: time(nil), by: .probe)
            return nil
        } catch {
            // No list is no outage: the provider answers, it only does not list.
            return error.status == 404 || error.status == 405 ? nil : error
        }
    }

    private func fetchAll() async throws(UltraError) -> [DiscoveredModel] {
        let adapter = try provider.adapter()
        var models: [DiscoveredModel] = []
        var page: String?
        for _ in 0..<Self.pageLimit {
            let next = try await fetch(adapter, page: page)
            models += next.models
            page = next.next
            if page == nil { break }
        }
        return models
    }

    private func fetch(_ adapter: any Adapter, page: String?) async throws(UltraError) -> ModelPage {
        let timeouts = ExchangeTimeouts(connect: .seconds(5), total: .seconds(30))
        let exchange = transport.start(adapter.listRequest(page: page), timeouts)
        var body: [UInt8] = []
        let head: HTTPHead
        do throws(TransportError) {
            head = try await exchange.head()
            var bytes: [UInt8] = []
            while try await exchange.read(into: &bytes), body.count <= ReplyDecoder.documentLimitBytes { body += bytes }
        } catch {
            throw UltraError(error, provider: provider.id)
        }
        if head.status >= 400 { throw Self.refusal(adapter, head, body) }
        do throws(JSONError) {
            return try JSONReader.read(body) { (reader) throws(JSONError) in
                let page = try adapter.decodeModels(&reader)
                try reader.end()
                return page
            }
        } catch {
            throw UltraError(
                .upstreamProtocol, "\(provider.id) lists its models in a form its API does not promise",
                provider: provider.id, status: head.status)
        }
    }

    private static func refusal(_ adapter: any Adapter, _ head: HTTPHead, _ body: [UInt8]) -> UltraError {
        var decoder = ReplyDecoder(adapter, isStream: false)
        decoder.receive(head, now: time(nil))
        var events: [AnswerEvent] = []
        do throws(UltraError) {
            try decoder.receive(body, into: &events)
            try decoder.finish(into: &events)
        } catch {
            return error
        }
        return UltraError(.upstreamError, "the model list was refused", provider: adapter.provider, status: head.status)
    }
}
