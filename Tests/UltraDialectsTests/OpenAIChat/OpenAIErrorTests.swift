import Testing
import UltraAPI

@testable import UltraDialects

@Suite("Errors in OpenAI's shape")
struct OpenAIErrorTests {
    struct Case: Sendable {
        let error: UltraError
        let status: Int
        let type: String
        let code: String?

        init(_ error: UltraError, _ status: Int, _ type: String, _ code: String?) {
            (self.error, self.status, self.type, self.code) = (error, status, type, code)
        }

        init(_ errorCode: ErrorCode, _ status: Int, _ type: String, _ code: String?) {
            self.init(UltraError(errorCode, "m", provider: "p"), status, type, code)
        }
    }

    static let cases = [
        Case(.invalidRequest, 400, "invalid_request_error", nil),
        Case(.invalidFrame, 400, "invalid_request_error", nil),
        Case(.badRequest, 400, "invalid_request_error", nil),
        Case(UltraError(.badRequest, "m", status: 413), 413, "invalid_request_error", nil),
        Case(UltraError(.badRequest, "m", status: 422), 422, "invalid_request_error", nil),
        Case(UltraError(.badRequest, "m", status: 409), 400, "invalid_request_error", nil),
        Case(
            UltraError(.badRequest, "m", providerCode: "unsupported_value"), 400, "invalid_request_error",
            "unsupported_value"),
        Case(UltraError(.badRequest, "m", providerCode: "4711"), 400, "invalid_request_error", nil),
        Case(.capabilityMissing, 400, "invalid_request_error", "unsupported_parameter"),
        Case(.tooLarge, 413, "invalid_request_error", nil),
        Case(.contextLength, 400, "invalid_request_error", "context_length_exceeded"),
        Case(.contentFiltered, 400, "invalid_request_error", "content_filter"),
        Case(.modelNotFound, 404, "invalid_request_error", "model_not_found"),
        Case(.authentication, 424, "invalid_request_error", "provider_key"),
        Case(.permissionDenied, 424, "invalid_request_error", "provider_key"),
        Case(UltraError(.permissionDenied, "m"), 403, "permission_error", nil),
        Case(UltraError(.permissionDenied, "m", provider: "ultrad"), 403, "permission_error", nil),
        Case(.rateLimited, 429, "requests", "rate_limit_exceeded"),
        Case(.quotaExceeded, 429, "insufficient_quota", "insufficient_quota"),
        Case(.overloaded, 503, "server_error", "server_is_overloaded"),
        Case(.noModelAvailable, 503, "server_error", "no_model_available"),
        Case(.shuttingDown, 503, "server_error", "shutting_down"), Case(.timeout, 504, "server_error", "timeout"),
        Case(.connectFailed, 502, "server_error", "connect_failed"),
        Case(.upstreamError, 502, "server_error", "upstream_error"),
        Case(.upstreamProtocol, 502, "server_error", "upstream_protocol"),
        Case(.streamTruncated, 502, "server_error", "stream_truncated"),
        Case(.internal, 500, "server_error", "internal"), Case(.cancelled, 500, "server_error", "cancelled"),
        Case(.fellBehind, 500, "server_error", "fell_behind"),
    ]

    @Test("every code has its status, type and code", arguments: cases)
    func table(_ expected: Case) throws {
        #expect(ErrorStatus(expected.error).status == expected.status)
        let code = expected.code.map { "\"\($0)\"" } ?? "null"
        let text = String(decoding: OpenAIErrorWriter.body(expected.error), as: UTF8.self)
        #expect(text.hasPrefix(#"{"error":{"message":"m"#))
        #expect(text.hasSuffix(#","type":"\#(expected.type)","param":null,"code":\#(code)}}"#))
    }

    @Test("no code is forgotten")
    func complete() {
        #expect(Set(Self.cases.map(\.error.code)) == Set(ErrorCode.allCases))
    }

    static func message(_ error: UltraError) -> String {
        String(decoding: OpenAIErrorWriter.body(error), as: UTF8.self)
    }

    @Test("the message ends with the hint and the words that programs look for")
    func messages() {
        #expect(
            Self.message(UltraError(.invalidRequest, "n is 2", hint: "send 1", field: "n"))
                == #"{"error":{"message":"n is 2; send 1","type":"invalid_request_error","param":"n","code":null}}"#)
        #expect(Self.message(UltraError(.contextLength, "too long")).contains("maximum context length"))
        #expect(
            Self.message(UltraError(.contextLength, "This model's maximum context length is 5 tokens."))
                .contains(#""message":"This model's maximum context length is 5 tokens.","#))
        #expect(
            Self.message(UltraError(.rateLimited, "wait", retryAfterMilliseconds: 11_001)).contains("try again in 12s"))
    }

    @Test("the daemon retries: clients should retry only after a known, short wait")
    func retries() {
        let cases: [(ErrorCode, Int?, [String])] = [
            (.upstreamError, nil, ["x-should-retry: false"]),
            (.upstreamError, 1000, ["x-should-retry: false", "retry-after: 1", "retry-after-ms: 1000"]),
            (.rateLimited, nil, ["x-should-retry: false"]),
            (.rateLimited, 1001, ["x-should-retry: true", "retry-after: 2", "retry-after-ms: 1001"]),
            (.overloaded, 60_000, ["x-should-retry: true", "retry-after: 60", "retry-after-ms: 60000"]),
            (.noModelAvailable, 60_001, ["x-should-retry: false", "retry-after: 61", "retry-after-ms: 60001"]),
            (.rateLimited, 0, ["x-should-retry: true", "retry-after: 0", "retry-after-ms: 0"]),
            (.rateLimited, -5, ["x-should-retry: true", "retry-after: 0", "retry-after-ms: 0"]),
            (
                .rateLimited, .max,
                ["x-should-retry: false", "retry-after: 9223372036854776", "retry-after-ms: \(Int.max)"]
            ),
            (.shuttingDown, nil, ["x-should-retry: true", "retry-after: 1", "retry-after-ms: 1000"]),
            (.quotaExceeded, 5, ["x-should-retry: false", "retry-after: 1", "retry-after-ms: 5"]),
        ]
        for (code, wait, fields) in cases {
            let status = ErrorStatus(UltraError(code, "m", retryAfterMilliseconds: wait))
            #expect(status.fields.map { "\($0.name): \($0.value)" } == fields)
        }
    }

    @Test("a refusal of the door itself")
    func refusals() {
        #expect(
            String(decoding: OpenAIErrorWriter.body(HTTPRefusal(404, "no")), as: UTF8.self)
                == #"{"error":{"message":"no","type":"invalid_request_error","param":null,"code":null}}"#)
        #expect(
            String(decoding: OpenAIErrorWriter.body(HTTPRefusal(401, "no")), as: UTF8.self)
                == #"{"error":{"message":"no","type":"authentication_error","param":null,"code":"invalid_api_key"}}"#)
    }
}
