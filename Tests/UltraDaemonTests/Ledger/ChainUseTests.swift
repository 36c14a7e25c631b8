import Testing
import UltraAPI
import UltraProviders

@testable import UltraDaemon

@Suite("Ledger: usage and cost of an attempt chain")
struct ChainUseTests {
    static let price = Price(input: 2, cachedInput: 0.5, output: 8)

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var usage: Usage
        /// The usage of the answer itself.
        var cost: Int?
        var error: UltraError?
        var failed: [Usage] = []
        var expected: (input: Int?, output: Int?, cost: Int?)

        init(
            _ what: String, _ input: Int?, _ output: Int?, cost: Int? = nil, _ error: UltraError? = nil,
            failed: [Usage] = [], gives expected: (Int?, Int?, Int?)
        ) {
            testDescription = what
            usage = Usage(inputTokens: input, outputTokens: output)
            self.cost = cost
            self.error = error
            self.failed = failed
            self.expected = expected
        }
    }

    private static func error(_ code: ErrorCode, _ status: Int?, after attempts: [(ErrorCode, Int?)] = []) -> UltraError
    {
        var error = UltraError(code, "", status: status)
        error.attempts = (attempts + [(code, status)]).map {
            Attempt(model: "a/b", error: $0.0, status: $0.1, milliseconds: 1)
        }
        return error
    }

    private static let whole = Usage(inputTokens: 1000, outputTokens: 100)
    private static let begun = Usage(inputTokens: 1000)

    // 1000 tokens in at 2 USD per million are 2000 micro-USD, 100 out at 8 are 800.
    static let cases = [
        Case("an answer costs what it costs", 1000, 100, cost: 2800, gives: (1000, 100, 2800)),
        Case("an answer without a price has no cost", 1000, 100, gives: (1000, 100, nil)),
        Case("an answer without usage has none", nil, nil, gives: (nil, nil, nil)),
        Case(
            "a failed attempt that was billed is added", 500, 10, cost: 1080, failed: [whole], gives: (1500, 110, 3880)),
        Case(
            "one that had told of its input alone adds that, and no cost", 500, 10, cost: 1080, failed: [begun],
            gives: (1500, 10, 1080)),
        Case("it does not stand in for an answer without usage", nil, nil, failed: [whole], gives: (nil, nil, nil)),
        Case("a refusal costs nothing", nil, nil, error(.rateLimited, 429), gives: (nil, nil, 0)),
        Case("no connection costs nothing", nil, nil, error(.connectFailed, nil), gives: (nil, nil, 0)),
        Case("a queue that is full costs nothing", nil, nil, error(.overloaded, nil), gives: (nil, nil, 0)),
        Case("an error of the server costs nothing", nil, nil, error(.upstreamError, 500), gives: (nil, nil, 0)),
        Case(
            "several refusals cost nothing", nil, nil, error(.overloaded, 529, after: [(.connectFailed, nil)]),
            gives: (nil, nil, 0)),
        Case("an error inside a stream may have cost", nil, nil, error(.upstreamError, 200), gives: (nil, nil, nil)),
        Case(
            "a refusal after a try that broke off may have cost", nil, nil,
            error(.overloaded, 529, after: [(.streamTruncated, 200)]), gives: (nil, nil, nil)),
        Case("a cancelled one may have cost", nil, nil, error(.cancelled, nil), gives: (nil, nil, nil)),
        Case("a broken stream costs what it told", 1000, 100, error(.streamTruncated, 200), gives: (1000, 100, 2800)),
        Case(
            "a broken stream that told of its input alone has no cost", 1000, nil, error(.streamTruncated, 200),
            gives: (1000, nil, nil)),
        Case(
            "two broken streams cost what both told", 1000, 100, error(.streamTruncated, 200), failed: [whole],
            gives: (2000, 200, 5600)),
        Case(
            "a refusal after a billed try costs that try", nil, nil, error(.overloaded, 529), failed: [whole],
            gives: (1000, 100, 2800)),
        Case("sums that overflow are not known", .max, 1, cost: .max, failed: [whole], gives: (nil, 101, nil)),
    ]

    @Test(arguments: cases)
    func chain(example: Case) {
        var answer = Answer(model: "a/b", provider: "a")
        answer.usage = example.usage
        answer.costMicroUSD = example.cost
        let failed = example.failed.map { (usage: $0, costMicroUSD: Self.price.cost(of: $0)) }
        let use = ChainUse(answer.usage, answer.costMicroUSD, example.error, price: Self.price, failed: failed)
        #expect(use.usage.inputTokens == example.expected.input)
        #expect(use.usage.outputTokens == example.expected.output)
        #expect(use.costMicroUSD == example.expected.cost)
    }

    @Test("candidates that were passed over cost nothing; a connection that timed out neither, an answer that did may")
    func passedOver() {
        var error = UltraError(.noModelAvailable, "")
        error.attempts = [Attempt(model: "a/b", skipped: "unavailable")]
        let none = Answer(model: "", provider: "")
        #expect(ChainUse(none.usage, none.costMicroUSD, error, price: nil).costMicroUSD == 0)
        for (timeout, cost) in [(TimeoutKind.connect, 0), (.queue, 0), (.idle, nil), (.total, nil), (.firstToken, nil)]
        {
            let error = UltraError(.timeout, "", timeout: timeout)
            #expect(ChainUse(none.usage, none.costMicroUSD, error, price: nil).costMicroUSD == cost, "\(timeout)")
        }
    }
}
