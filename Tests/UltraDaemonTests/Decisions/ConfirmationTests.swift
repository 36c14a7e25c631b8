import Testing
import UltraAPI

@testable import UltraDaemon

/// The effect of a single request's failure on a model or a key, before another request fails the same way.
struct ConfirmationTests {
    private static let now = 1_700_000_000_000

    /// A request: its content, its client, and whether the client shaped it.
    private static func request(_ content: Int, of pid: Int32 = 1, isShaped: Bool = false) -> RequestMark {
        RequestMark(client: ConcurrencyGate.Client(uid: 1000, pid: pid), isShaped: isShaped) { content }
    }

    private static func listed(_ isListed: Bool?) -> ModelHealth {
        var model = ModelHealth()
        if let isListed { model.listed = Evidence(isListed, at: now, by: .probe) }
        return model
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let error: UltraError
        var isListed: Bool? = true
        /// The effect of the first request's failure.
        let first: FailureScope
        /// The same request again, by the same client.
        let again: FailureScope
        /// The same content by another client.
        let client: FailureScope
        /// Another content by the same client.
        let content: FailureScope
        var testDescription: String { name }
    }

    private static func error(_ code: ErrorCode, _ status: Int, _ word: String? = nil, after: Int? = nil) -> UltraError
    {
        UltraError(code, "", status: status, providerCode: word, retryAfterMilliseconds: after)
    }

    private static let excuse = FailureScope.client(isReachable: true)

    @Test(
        "a status that judges one request waits for a second one",
        arguments: [
            Case(
                name: "403 without a word", error: error(.permissionDenied, 403), first: excuse, again: excuse,
                client: excuse, content: excuse),
            Case(
                name: "403 with a word of its own", error: error(.permissionDenied, 403, "forbidden"), first: excuse,
                again: excuse, client: excuse, content: excuse),
            Case(
                name: "403 for permission", error: error(.permissionDenied, 403, "permission_error"), first: excuse,
                again: excuse, client: excuse, content: .keyForModel),
            Case(
                name: "403 for the region",
                error: error(.permissionDenied, 403, "unsupported_country_region_territory"), first: excuse,
                again: excuse, client: excuse, content: .keyForModel),
            Case(
                name: "400 for the key", error: error(.authentication, 400, "API_KEY_INVALID"), first: excuse,
                again: excuse, client: excuse, content: .key),
            Case(
                name: "413 as a rate", error: error(.rateLimited, 413, "rate_limit_exceeded", after: 9000),
                first: excuse, again: excuse, client: excuse, content: .rate(milliseconds: 9000)),
            Case(
                name: "422 as a missing model", error: error(.modelNotFound, 422, "invalid_model"), first: excuse,
                again: excuse, client: .missingModel, content: .missingModel),
            Case(
                name: "404 of a listed model", error: error(.modelNotFound, 404), first: excuse, again: excuse,
                client: .missingModel, content: .missingModel),
            Case(
                name: "404 of a model that no list has", error: error(.modelNotFound, 404), isListed: nil,
                first: .missingModel, again: .missingModel, client: .missingModel, content: .missingModel),
            Case(
                name: "401", error: error(.authentication, 401), first: .key, again: .key, client: .key,
                content: .key),
            Case(
                name: "429", error: error(.rateLimited, 429, after: 5), first: .rate(milliseconds: 5),
                again: .rate(milliseconds: 5), client: .rate(milliseconds: 5), content: .rate(milliseconds: 5)),
            Case(
                name: "500", error: error(.upstreamError, 500), first: .model, again: .model, client: .model,
                content: .model),
        ])
    func second(_ row: Case) {
        var model = Self.listed(row.isListed)
        func judge(_ request: RequestMark, at time: Int = Self.now) -> FailureScope {
            FailureScope(row.error).confirmed(row.error, by: request, of: &model, key: 0, at: time)
        }
        #expect(judge(Self.request(1)) == row.first)
        #expect(judge(Self.request(1)) == row.again)
        var other = model
        #expect(judge(Self.request(1, of: 2)) == row.client)
        swap(&other, &model)
        #expect(judge(Self.request(2)) == row.content)
        // An old failure confirms nothing.
        swap(&other, &model)
        let late = Self.now + Suspicions.milliseconds
        #expect(judge(Self.request(3), at: late) == row.first)
    }

    @Test("a success between the two makes them strangers")
    func success() {
        var model = Self.listed(true)
        let error = Self.error(.permissionDenied, 403, "permission_error")
        let settings = HealthSettings()
        #expect(
            FailureScope(error).confirmed(error, by: Self.request(1), of: &model, key: 0, at: Self.now) == Self.excuse)
        model.record(.none, nil, key: 0, at: Self.now, settings)
        #expect(
            FailureScope(error).confirmed(error, by: Self.request(2), of: &model, key: 0, at: Self.now) == Self.excuse)
    }

    @Test("a list without the model is the second witness of a 404")
    func list() {
        var model = Self.listed(true)
        let error = Self.error(.modelNotFound, 404)
        _ = model.missing(at: Self.now)
        #expect(
            FailureScope(error).confirmed(error, by: Self.request(1), of: &model, key: 0, at: Self.now) == .missingModel
        )
    }

    @Test(
        "a request that its client shaped blames the connection alone",
        arguments: [
            (error(.modelNotFound, 404), excuse), (error(.permissionDenied, 403, "permission_error"), excuse),
            (error(.authentication, 401), excuse), (error(.rateLimited, 429, after: 60_000), excuse),
            (error(.quotaExceeded, 429, "insufficient_quota"), excuse), (error(.upstreamError, 500), excuse),
            (UltraError(.connectFailed, ""), .host), (UltraError(.timeout, "", timeout: .connect), .host),
            (UltraError(.timeout, "", timeout: .firstToken), .client(isReachable: false)),
        ])
    func shaped(_ error: UltraError, _ scope: FailureScope) {
        var model = ModelHealth()
        for content in 1...3 {
            let request = Self.request(content, isShaped: true)
            #expect(FailureScope(error).confirmed(error, by: request, of: &model, key: 0, at: Self.now) == scope)
        }
    }

    @Test("a server of this machine that does not run costs nothing: no breaker opens, no pause grows")
    func absentServer() {
        let settings = HealthSettings()
        var refused = UltraError(.connectFailed, "refused")
        refused.isConnectionRefused = true
        #expect(FailureScope(refused) == .host)
        let scope = FailureScope(refused, isOnThisMachine: true)
        #expect(scope == .absentServer)
        #expect(FailureScope(UltraError(.connectFailed, "no route"), isOnThisMachine: true) == .host)
        var provider = ProviderHealth(keys: 1)
        var model = ModelHealth()
        var schedule = ProbeSchedule()
        for second in 0..<100 {
            let now = Self.now + second * 1000
            provider.record(scope, refused, key: 0, askedAt: now, at: now, by: .live, settings)
            model.record(scope, refused, key: 0, askedAt: now, at: now, settings)
            schedule.absent(at: now, settings)
            #expect(provider.breaker.admit(at: now, settings) == .allowed)
            #expect(provider.availability(of: model, at: now, settings) == .degraded)
            #expect(schedule.nextAt == now + 5000)
        }
        provider.record(.none, nil, key: 0, at: Self.now, by: .live, settings)
        #expect(provider.availability(of: model, at: Self.now, settings) == .available)
    }
}
