import Testing
import UltraAPI

@testable import UltraDaemon

struct BlameTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let code: ErrorCode
        var timeout: TimeoutKind?
        var status: Int?
        var retryAfter: Int?
        var isOwnTimeout = false
        let blame: Blame

        var testDescription: String {
            [
                code.rawValue, timeout.map { "timer \($0.rawValue)" }, status.map { "status \($0)" },
                isOwnTimeout ? "the client's own" : nil,
            ].compactMap { $0 }.joined(separator: ", ")
        }
    }

    private static let table = [
        // Nobody's fault but the client's.
        Case(code: .cancelled, blame: .client(isReachable: false)),
        Case(code: .invalidFrame, blame: .client(isReachable: false)),
        Case(code: .invalidRequest, blame: .client(isReachable: false)),
        Case(code: .capabilityMissing, blame: .client(isReachable: false)),
        Case(code: .noModelAvailable, blame: .client(isReachable: false)),
        Case(code: .badRequest, status: 400, blame: .client(isReachable: true)),
        Case(code: .contextLength, status: 400, blame: .client(isReachable: true)),
        Case(code: .contentFiltered, status: 200, blame: .client(isReachable: true)),
        Case(code: .tooLarge, status: 200, blame: .client(isReachable: true)),
        Case(code: .fellBehind, blame: .client(isReachable: false)),
        Case(code: .shuttingDown, blame: .client(isReachable: false)),
        Case(code: .internal, blame: .client(isReachable: false)),
        Case(code: .authentication, blame: .client(isReachable: false)),
        Case(code: .timeout, timeout: .queue, blame: .client(isReachable: false)),
        Case(code: .timeout, timeout: .writeStall, blame: .client(isReachable: true)),
        Case(code: .timeout, timeout: .connect, isOwnTimeout: true, blame: .client(isReachable: false)),
        Case(code: .timeout, timeout: .firstToken, isOwnTimeout: true, blame: .client(isReachable: false)),
        Case(code: .timeout, timeout: .idle, isOwnTimeout: true, blame: .client(isReachable: false)),
        Case(code: .timeout, timeout: .total, isOwnTimeout: true, blame: .client(isReachable: false)),
        // The host.
        Case(code: .connectFailed, blame: .host),
        Case(code: .timeout, timeout: .connect, blame: .host),
        // The key.
        Case(code: .authentication, status: 401, blame: .key),
        Case(code: .permissionDenied, status: 403, blame: .keyForModel),
        Case(code: .quotaExceeded, status: 429, blame: .quota(milliseconds: nil)),
        Case(code: .quotaExceeded, status: 429, retryAfter: 9000, blame: .quota(milliseconds: 9000)),
        Case(code: .rateLimited, status: 429, blame: .rate(milliseconds: nil)),
        Case(code: .rateLimited, status: 429, retryAfter: 250, blame: .rate(milliseconds: 250)),
        // The model.
        Case(code: .modelNotFound, status: 404, blame: .missingModel),
        Case(code: .overloaded, status: 529, blame: .model),
        Case(code: .upstreamError, status: 500, blame: .model),
        Case(code: .upstreamProtocol, status: 200, blame: .model),
        Case(code: .streamTruncated, status: 200, blame: .model),
        Case(code: .streamTruncated, blame: .model),
        Case(code: .timeout, timeout: .firstToken, blame: .model),
        Case(code: .timeout, timeout: .idle, blame: .model),
        Case(code: .timeout, timeout: .total, blame: .model),
        Case(code: .timeout, blame: .model),
    ]

    @Test("each outcome is put down to whom it says something of", arguments: table)
    func blame(_ row: Case) {
        let error = UltraError(
            row.code, "", timeout: row.timeout, status: row.status, retryAfterMilliseconds: row.retryAfter)
        #expect(Blame(error, isOwnTimeout: row.isOwnTimeout) == row.blame)
    }

    @Test("every code of the protocol is in the table")
    func everyCode() {
        #expect(Set(Self.table.map(\.code)) == Set(ErrorCode.allCases))
        #expect(Blame(nil) == .none)
    }
}
