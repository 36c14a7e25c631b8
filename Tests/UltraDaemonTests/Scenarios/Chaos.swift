import Foundation
import ScriptedProvider

/// A provider that fails as real ones do: of every twenty calls two are refused (429), one fails (500), one is reset
/// and one is cut short, in random order. The others are answered with the number in the prompt.
final class Chaos: Sendable {
    private enum Fate: Sendable { case answer, refuse, fail, reset, cut }

    private struct State: Sendable {
        var deck: [Fate] = []
        var random: UInt64
    }

    private let state: Switch<State>

    init(seed: UInt64) {
        state = Switch(State(random: seed))
    }

    /// The expected answer to the request with this number; the prompt contains it too.
    static func text(_ number: Int) -> String { "the answer to number \(number) is complete" }

    func answer(_ request: ReceivedRequest) -> Script {
        let body = request.bodyText
        let number = Self.number(in: body)
        let isStream = body.contains(#""stream":true"#)
        let whole = isStream ? Self.stream(number) : Self.unary(number)
        switch draw() {
        case .answer: return whole
        case .refuse: return .retryLater(.none)
        case .fail: return Failures.internalError
        case .reset: return .resetBeforeHead
        // Streams are cut before their first content and after it in turn.
        case .cut: return whole.cut(at: isStream ? (number % 8 < 4 ? 40 : 400) : 90)
        }
    }

    private func draw() -> Fate {
        state.change { state in
            if state.deck.isEmpty {
                state.deck = [.refuse, .refuse, .fail, .reset, .cut] + Array(repeating: .answer, count: 15)
                for last in stride(from: state.deck.count - 1, to: 0, by: -1) {
                    // Knuth's linear congruential generator; its high bits are random enough here.
                    state.random = state.random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    state.deck.swapAt(last, Int((state.random >> 33) % UInt64(last + 1)))
                }
            }
            return state.deck.removeLast()
        }
    }

    private static func number(in body: String) -> Int {
        guard let start = body.range(of: "number ")?.upperBound else { return -1 }
        return Int(body[start...].prefix { $0.isNumber }) ?? -1
    }

    private static func unary(_ number: Int) -> Script {
        .json(
            #"{"id":"c","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"\#(text(number))"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#
        )
    }

    private static func stream(_ number: Int) -> Script {
        let words = text(number).split(separator: " ", omittingEmptySubsequences: false)
        let chunks = words.enumerated().map { RelayTests.chunk(($0 == 0 ? "" : " ") + $1) }
        return .events(chunks + [RelayTests.finish, RelayTests.usage])
    }
}
