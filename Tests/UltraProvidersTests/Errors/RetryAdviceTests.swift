import Testing
import UltraAPI

@testable import UltraProviders

struct RetryAdviceTests {
    /// 1994-11-06 08:49:37 UTC.
    static let now = 784_111_777

    struct Case: CustomTestStringConvertible {
        var status = 429
        let headers: [String: String]
        var shouldRetry: Bool?
        let milliseconds: Int?

        var testDescription: String { "\(status) \(headers)" }
    }

    @Test(
        "the wait is taken from whichever field names it",
        arguments: [
            Case(headers: ["retry-after": "2"], milliseconds: 2000),
            Case(headers: ["retry-after": "0.5"], milliseconds: 500),
            Case(headers: ["retry-after-ms": "1200", "retry-after": "2"], milliseconds: 1200),
            Case(headers: ["retry-after-ms": "0.2"], milliseconds: 1),
            Case(headers: ["retry-after-ms": "0", "retry-after": "1"], milliseconds: 1000),
            Case(headers: ["retry-after": "Sun, 06 Nov 1994 08:50:37 GMT"], milliseconds: 60_000),
            Case(headers: ["retry-after": "Sunday, 06-Nov-94 08:50:37 GMT"], milliseconds: 60_000),
            Case(headers: ["retry-after": "Sun Nov  6 08:50:37 1994"], milliseconds: 60_000),
            Case(headers: ["retry-after": "Sun, 06 Nov 1994 08:00:00 GMT"], milliseconds: 0),
            Case(headers: ["retry-after": "soon"], milliseconds: nil),
            Case(headers: ["retry-after": "-3"], milliseconds: nil),
            Case(headers: ["retry-after": "1e300"], milliseconds: nil),
            Case(headers: ["retry-after": "nan"], milliseconds: nil),
            Case(headers: [:], milliseconds: nil),
            Case(headers: ["x-should-retry": "true"], shouldRetry: true, milliseconds: nil),
            Case(headers: ["x-should-retry": "false"], shouldRetry: false, milliseconds: nil),
            Case(headers: ["x-ratelimit-limit-req-minute": "0"], shouldRetry: false, milliseconds: nil),
            Case(headers: ["x-ratelimit-limit-req-minute": "60"], milliseconds: nil),
            Case(status: 503, headers: ["x-ratelimit-limit-req-minute": "0"], milliseconds: nil),
            Case(
                headers: ["x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"],
                milliseconds: 360_000),
            Case(
                headers: ["x-ratelimit-remaining-tokens": "5", "x-ratelimit-reset-tokens": "6m0s"], milliseconds: nil),
            Case(
                headers: [
                    "anthropic-ratelimit-tokens-remaining": "0",
                    "anthropic-ratelimit-tokens-reset": "1994-11-06T08:49:47Z",
                ], milliseconds: 10_000),
            Case(
                status: 503, headers: ["x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"],
                milliseconds: nil),
        ])
    func advice(example: Case) {
        let head = HTTPHead(status: example.status, headers: example.headers.map { HTTPHeader($0.key, $0.value) })
        let advice = RetryAdvice(head, now: Self.now)
        #expect(advice == RetryAdvice(shouldRetry: example.shouldRetry, afterMilliseconds: example.milliseconds))
    }

    @Test(
        "durations are read as headers write them, rounded up to the millisecond",
        arguments: [
            ("1s", 1000), ("20ms", 20), ("6m0s", 360_000), ("7.66s", 7660), ("1h2m3s", 3_723_000), ("2d", 172_800_000),
            ("0s", 0), ("8.64s", 8640), ("1500us", 2), ("3ns", 1), ("12", 12_000), ("0.25", 250), ("2m59.56s", 179_560),
            ("", nil), ("s", nil), ("5x", nil), ("1..2s", nil), ("-1s", nil), ("400d", nil),
        ] as [(String, Int?)])
    func durations(text: String, milliseconds: Int?) {
        #expect(Durations.milliseconds(text) == milliseconds)
    }

    @Test(
        "dates are read across leap years and centuries",
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
            ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400), ("Fri, 31 Dec 2027 23:59:60 GMT", 1_830_297_600),
            ("Thu, 01 Foo 1970 00:00:00 GMT", nil), ("Thu, 32 Jan 1970 00:00:00 GMT", nil), ("yesterday", nil),
        ] as [(String, Int?)])
    func dates(text: String, seconds: Int?) {
        #expect(HTTPDate.seconds(text) == seconds)
    }

    @Test(
        "RFC 3339 times are read with fractions and offsets",
        arguments: [
            ("1994-11-06T08:49:37Z", 784_111_777), ("1994-11-06T08:49:37.123456Z", 784_111_777),
            ("1994-11-06T09:49:37+01:00", 784_111_777), ("1994-11-06T03:19:37-05:30", 784_111_777),
            ("1994-11-06 08:49:37Z", nil), ("1994-13-06T08:49:37Z", nil), ("1994-11-06T08:49:37", nil),
        ] as [(String, Int?)])
    func times(text: String, seconds: Int?) {
        #expect(HTTPDate.rfc3339Seconds(text) == seconds)
    }

    @Test("limits are read under every provider's names")
    func limits() {
        let head = HTTPHead(
            status: 200,
            headers: [
                HTTPHeader("x-ratelimit-limit-requests", "500"), HTTPHeader("x-ratelimit-remaining-requests", "499"),
                HTTPHeader("x-ratelimit-reset-requests", "120ms"),
                HTTPHeader("anthropic-ratelimit-input-tokens-remaining", "7"),
                HTTPHeader("anthropic-ratelimit-input-tokens-reset", "1994-11-06T08:49:38Z"),
                HTTPHeader("x-ratelimit-remaining-req-minute", "3"), HTTPHeader("x-ratelimit-reset", "784111779000"),
                HTTPHeader("x-ratelimit-type", "Tokens"),
            ])
        #expect(
            RateLimits(head, now: Self.now).windows == [
                .init(name: "requests", limit: 500, remaining: 499, resetMilliseconds: 120),
                .init(name: "input-tokens", remaining: 7, resetMilliseconds: 1000),
                .init(name: "req-minute", remaining: 3), .init(name: "", resetMilliseconds: 2000),
            ])
    }
}
