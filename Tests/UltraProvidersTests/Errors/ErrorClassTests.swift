import Testing
import UltraAPI

@testable import UltraProviders

/// The classification of error replies: status and body to an error code.
struct ErrorClassTests {
    struct Case: CustomTestStringConvertible {
        let status: Int
        let body: String
        let code: ErrorCode
        let isRetryable: Bool

        init(_ status: Int, _ body: String, _ code: ErrorCode, retryable: Bool = false) {
            self.status = status
            self.body = body
            self.code = code
            isRetryable = retryable
        }

        var testDescription: String { "\(status) \(body)" }
    }

    static let cases = [
        Case(400, #"{"error":{"message":"m","code":"context_length_exceeded"}}"#, .contextLength),
        Case(400, #"{"message":"This model's maximum context length is 4097 tokens"}"#, .contextLength),
        Case(400, #"{"error":"Incorrect API key provided: x"}"#, .authentication),
        Case(400, #"{"error":{"message":"m","code":"content_filter"}}"#, .contentFiltered),
        Case(400, #"{"error":{"message":"m","type":"invalid_request_error"}}"#, .badRequest),
        Case(401, "", .authentication),
        Case(402, #"{"error":{"message":"Insufficient Balance"}}"#, .quotaExceeded),
        Case(403, #"{"error":{"message":"m","code":"unsupported_country_region_territory"}}"#, .permissionDenied),
        Case(404, #"{"error":{"message":"m","code":"model_not_found"}}"#, .modelNotFound),
        Case(404, #"{"error":{"code":"DeploymentNotFound","message":"m"}}"#, .modelNotFound),
        Case(404, #"{"detail":"Not Found"}"#, .badRequest),
        Case(408, "", .upstreamError, retryable: true),
        Case(409, "", .upstreamError, retryable: true),
        Case(422, #"{"detail":[{"loc":["body","n"],"msg":"too small","type":"value_error"}]}"#, .badRequest),
        Case(425, "", .upstreamError, retryable: true),
        Case(
            429, #"{"error":{"message":"m","type":"requests","code":"rate_limit_exceeded"}}"#, .rateLimited,
            retryable: true),
        Case(429, #"{"error":{"message":"m","code":"insufficient_quota"}}"#, .quotaExceeded),
        Case(429, #"{"error":{"message":"Request too large for x","code":"rate_limit_exceeded"}}"#, .rateLimited),
        Case(429, "", .rateLimited, retryable: true),
        Case(498, "", .overloaded, retryable: true),
        Case(500, #"{"error":{"message":"m","type":"server_error"}}"#, .upstreamError, retryable: true),
        Case(501, "", .badRequest),
        Case(503, "upstream connect error", .overloaded, retryable: true),
        Case(529, #"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#, .overloaded, retryable: true),
        Case(599, "", .upstreamError, retryable: true),
    ]

    @Test("an error reply has this code", arguments: cases)
    func meaning(example: Case) throws {
        let outcome = Outcome(
            OpenAIAdapter.testing(), isStream: true, head: HTTPHead(status: example.status),
            body: Array(example.body.utf8)[...])
        let error = try #require(outcome.error)
        #expect(error.code == example.code)
        #expect(error.isRetryable == example.isRetryable)
        #expect(error.status == example.status)
        #expect(!error.message.isEmpty)
    }

    @Test("the provider's statement on retrying overrides the default, except for an exhausted quota")
    func shouldRetry() {
        func isRetryable(_ status: Int, _ told: String, _ body: String) -> Bool? {
            let head = HTTPHead(status: status, headers: [HTTPHeader("x-should-retry", told)])
            return Outcome(OpenAIAdapter.testing(), isStream: false, head: head, body: Array(body.utf8)[...])
                .error?.isRetryable
        }
        #expect(isRetryable(500, "false", "") == false)
        #expect(isRetryable(400, "true", "") == true)
        #expect(isRetryable(429, "true", #"{"error":{"code":"insufficient_quota"}}"#) == false)
    }

    @Test("an error reply of any bytes is reported as an error")
    func anyBytes() throws {
        for byte in UInt8.min...UInt8.max {
            for body in [[byte], [0x7B, byte], [0x22, byte, 0x22], [0x5B, 0x5B, byte]] {
                let outcome = Outcome(
                    OpenAIAdapter.testing(), isStream: false, head: HTTPHead(status: 500), body: body[...])
                try #require(outcome.error?.code == .upstreamError)
            }
        }
    }
}
