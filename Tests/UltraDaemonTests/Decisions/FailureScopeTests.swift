import Testing
import UltraAPI

@testable import UltraDaemon

struct FailureScopeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let code: ErrorCode
        var timeout: TimeoutKind?
        var status: Int?
        var retryAfter: Int?
        var isOwnTimeout = false
        let scope: FailureScope

        var testDescription: String {
            [
                code.rawValue, timeout.map { "timer \($0.rawValue)" }, status.map { "status \($0)" },
                isOwnTimeout ? "the client's own" : nil,
            ].compactMap { $0 }.joined(separator: ", ")
        }
    }

    private static let table = [
        // The client caused the failure.
        Case(code: .cancelled, scope: .client(isReachable: false)),
        Case(code: .invalidFrame, scope: .client(isReachable: false)),
        Case(code: .invalidRequest, scope: .client(isReachable: false)),
        Case(code: .capabilityMissing, scope: .client(isReachable: false)),
        Case(code: .noModelAvailable, scope: .client(isReachable: false)),
        Case(code: .badRequest, status: 400, scope: .client(isReachable: true)),
        Case(code: .contextLength, status: 400, scope: .client(isReachable: true)),
        Case(code: .contentFiltered, status: 200, scope: .client(isReachable: true)),
        Case(code: .tooLarge, status: 200, scope: .client(isReachable: true)),
        Case(code: .fellBehind, scope: .client(isReachable: false)),
        Case(code: .shuttingDown, scope: .client(isReachable: false)),
        Case(code: .internal, scope: .client(isReachable: false)),
        Case(code: .authentication, scope: .client(isReachable: false)),
        Case(code: .timeout, timeout: .queue, scope: .client(isReachable: false)),
        Case(code: .timeout, timeout: .writeStall, scope: .client(isReachable: true)),
        Case(code: .timeout, timeout: .connect, isOwnTimeout: true, scope: .client(isReachable: false)),
        Case(code: .timeout, timeout: .firstToken, isOwnTimeout: true, scope: .client(isReachable: false)),
        Case(code: .timeout, timeout: .idle, isOwnTimeout: true, scope: .client(isReachable: false)),
        Case(code: .timeout, timeout: .total, isOwnTimeout: true, scope: .client(isReachable: false)),
        // The host.
        Case(code: .connectFailed, scope: .host),
        Case(code: .timeout, timeout: .connect, scope: .host),
        // The key.
        Case(code: .authentication, status: 401, scope: .key),
        Case(code: .permissionDenied, status: 403, scope: .keyForModel),
        Case(code: .quotaExceeded, status: 429, scope: .quota(milliseconds: nil)),
        Case(code: .quotaExceeded, status: 429, retryAfter: 9000, scope: .quota(milliseconds: 9000)),
        Case(code: .rateLimited, status: 429, scope: .rate(milliseconds: nil)),
        Case(code: .rateLimited, status: 429, retryAfter: 250, scope: .rate(milliseconds: 250)),
        // The model.
        Case(code: .modelNotFound, status: 404, scope: .missingModel),
        Case(code: .overloaded, status: 529, scope: .model),
        Case(code: .upstreamError, status: 500, scope: .model),
        Case(code: .upstreamProtocol, status: 200, scope: .model),
        Case(code: .streamTruncated, status: 200, scope: .model),
        Case(code: .streamTruncated, scope: .model),
        Case(code: .timeout, timeout: .firstToken, scope: .model),
        Case(code: .timeout, timeout: .idle, scope: .model),
        Case(code: .timeout, timeout: .total, scope: .model),
        Case(code: .timeout, scope: .model),
    ]

    @Test("each outcome is put down to whom it says something of", arguments: table)
    func scope(_ row: Case) {
        let error = UltraError(
            row.code, "", timeout: row.timeout, status: row.status, retryAfterMilliseconds: row.retryAfter)
        #expect(FailureScope(error, isOwnTimeout: row.isOwnTimeout) == row.scope)
    }

    @Test("every code of the protocol is in the table")
    func everyCode() {
        #expect(Set(Self.table.map(\.code)) == Set(ErrorCode.allCases))
        #expect(FailureScope(nil) == .none)
    }
}
