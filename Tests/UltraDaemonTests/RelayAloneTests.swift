import Testing
import UltraAPI
import UltraProviders
import UltraSystem

@testable import UltraDaemon

/// The relay with a registry and a sink: no daemon, no socket, no frames.
@Suite("The relay alone")
struct RelayAloneTests {
    /// Records the calls of a sink.
    @Loop
    final class RecordingSink: AnswerSink {
        private(set) var calls: [String] = []
        private(set) var results: [Result<ResultBody, UltraError>] = []

        func start(_ answer: Answer) { calls.append("start \(answer.model)") }
        func receive(_ events: [AnswerEvent]) {
            for case .text(let text) in events { calls.append(text) }
        }
        func restart() { calls.append("restart") }
        func progress(_ progress: RequestProgress) { calls.append("progress \(progress.phase.rawValue)") }
        func feed(_ event: FeedEvent) { calls.append("feed") }
        func end(_ result: Result<ResultBody, UltraError>) { results.append(result) }
        var isCongested: Bool { false }
        func drained() async {}
    }

    /// Records the calls of an observer.
    @Loop
    final class RecordingObserver: RequestObserver {
        private(set) var began: [String?] = []
        private(set) var ended: [RequestRecord] = []

        func began(_ record: RequestRecord) { began.append(record.firstModel) }
        func ended(_ record: RequestRecord) { ended.append(record) }
    }

    struct Seen: Sendable {
        var calls: [String] = []
        var began: [String?] = []
        var text: String?
        var usage: Usage?
        var failure: ErrorCode?
        var ends = 0
        var recordedModel: String?
        var recordedFailure: ErrorCode?
        var records = 0
        var heldBytes = 0
    }

    /// Lets the relay answer `request` with the mock; returns the records of sink and observer.
    /// - Parameter isAbandoned: True if the client disconnects as soon as the work has begun.
    static func run(_ request: Request, isStream: Bool, isAbandoned: Bool = false) async throws -> Seen {
        let configuration = try Configuration.load(
            ConfigurationOptions(socket: "/unused", version: "0"), environment: ["USE_MOCK": "true"])
        return try await LoopThread.run { () -> Result<Seen, any Error> in
            do {
                let registry = Registry(configuration)
                let observer = RecordingObserver()
                let memory = HeldBytes(limit: 64 << 20)
                let relay = Relay.Context(
                    configuration, registry, try Transport(configuration.transport), Admission())
                let sink = RecordingSink()
                let user = memory.open(1000)
                memory.add(5000, of: user)
                let call = Call(
                    isStream ? .stream : .generate, of: Caller(uid: 1000, gid: 1000), to: sink,
                    Books(registry, [observer]), memory, user, requestBytes: 100, charge: 5000, isExempt: false)
                let generation = Generation(relay, call, request, isStream: isStream, timeoutMilliseconds: nil)
                if isAbandoned { call.abandon() }
                await generation.run()
                var seen = Seen(calls: sink.calls, began: observer.began)
                for result in sink.results {
                    seen.ends += 1
                    switch result {
                    case .success(.answer(let answer)): (seen.text, seen.usage) = (answer.text, answer.usage)
                    case .success: break
                    case .failure(let error): seen.failure = error.code
                    }
                }
                for record in observer.ended {
                    seen.records += 1
                    seen.recordedModel = record.hasUse ? record.model : nil
                    seen.recordedFailure = record.error?.code
                }
                seen.heldBytes = memory.account.held
                return .success(seen)
            } catch {
                return .failure(error)
            }
        }.get()
    }

    static func request(_ text: String, model: String = "mock/echo", mock: String? = nil) -> Request {
        var request = Request(model: model, messages: [Message(.user, [.text(text)])])
        if let mock { request.providerOptions["mock"] = RawJSON(validated: Array(mock.utf8)) }
        return request
    }

    @Test("a stream starts, brings its content, and ends once; it holds nothing afterwards")
    func stream() async throws {
        let seen = try await Self.run(Self.request("one two"), isStream: true)
        #expect(seen.calls == ["start mock/echo", "one", " two"])
        #expect(seen.ends == 1 && seen.failure == nil)
        #expect(
            seen.usage
                == Usage(inputTokens: 2, outputTokens: 2, cachedInputTokens: 0, reasoningTokens: 0, source: .measured))
        #expect(seen.began == ["mock/echo"] && seen.records == 1 && seen.recordedModel == "mock/echo")
        #expect(seen.heldBytes == 0)
    }

    @Test("an answer that is not streamed comes with its end")
    func unary() async throws {
        let seen = try await Self.run(Self.request("one two"), isStream: false)
        #expect(seen.calls == ["start mock/echo"])
        #expect(seen.ends == 1 && seen.text == "one two")
        #expect(seen.records == 1)
    }

    @Test("a stream that breaks ends with the error, and is recorded with the model that broke it")
    func broken() async throws {
        let seen = try await Self.run(Self.request("one two", mock: #"{"truncate_after":1}"#), isStream: true)
        #expect(seen.calls == ["start mock/echo", "one"])
        #expect(seen.ends == 1 && seen.failure == .streamTruncated)
        #expect(seen.records == 1 && seen.recordedModel == "mock/echo" && seen.recordedFailure == .streamTruncated)
    }

    @Test("a request that is refused before it reaches a model is recorded too, without use")
    func refused() async throws {
        let seen = try await Self.run(Self.request("one", model: "nobody/has-this"), isStream: false)
        #expect(seen.calls == [] && seen.began == [])
        #expect(seen.ends == 1 && seen.failure == .modelNotFound)
        #expect(seen.records == 1 && seen.recordedModel == nil && seen.recordedFailure == .modelNotFound)
    }

    @Test("nothing is sent to a client that has gone, and its request is recorded as cancelled")
    func abandoned() async throws {
        let seen = try await Self.run(Self.request("one two"), isStream: true, isAbandoned: true)
        #expect(seen.calls == [] && seen.ends == 0)
        #expect(seen.records == 1 && seen.recordedFailure == .cancelled)
        #expect(seen.heldBytes == 0)
    }
}
