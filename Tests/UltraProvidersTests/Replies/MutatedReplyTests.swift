import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

/// Replies with random damage: recordings and fixtures with changed bytes, lines and members. `ULTRA_MUTATIONS=100000`
/// tries more for each dialect than the few of an ordinary run.
@Suite struct MutatedReplyTests {
    struct Dialect: Sendable, CustomTestStringConvertible {
        let name: String
        let adapter: any Adapter
        /// Folders of `Fixtures` and of recordings. Recordings whose name has another prefix belong to another dialect.
        let fixtures: String
        var recordings: [String] = []
        var prefix = ""
        var testDescription: String { name }
    }

    static let dialects = [
        Dialect(
            name: "Chat Completions", adapter: OpenAIAdapter.testing(), fixtures: "openai",
            recordings: ["openai", "azure", "deepseek", "groq", "xai"]),
        Dialect(
            name: "Chat Completions of others", adapter: OpenAIAdapter.testing(dialect: UltraProviders.Dialect()),
            fixtures: "openai"),
        Dialect(
            name: "Responses", adapter: ResponsesAdapter(OpenAIAdapter.testing()), fixtures: "responses",
            recordings: ["openai"], prefix: "responses_"),
        Dialect(
            name: "Anthropic", adapter: AnthropicAdapter.testing(), fixtures: "anthropic", recordings: ["anthropic"]),
        Dialect(
            name: "Gemini", adapter: GeminiAdapter.testing(), fixtures: "gemini", recordings: ["gemini", "vertex"]),
        Dialect(name: "Cohere", adapter: CohereAdapter.testing(), fixtures: "cohere", recordings: ["cohere"]),
        Dialect(name: "Ollama", adapter: OllamaAdapter.testing(), fixtures: "ollama", recordings: ["ollama"]),
        Dialect(name: "Mistral", adapter: MistralAdapter.testing(), fixtures: "mistral", recordings: ["mistral"]),
    ]

    static let count = ProcessInfo.processInfo.environment["ULTRA_MUTATIONS"].flatMap { Int($0) } ?? 250

    /// Bodies of the dialect's replies, without long ones, which repeat the same kinds of events.
    private static func seeds(_ dialect: Dialect) throws -> [[UInt8]] {
        var seeds = Fixture.all(dialect.fixtures).map { Array($0.body) }
        if !Recording.areAbsent {
            for folder in dialect.recordings {
                let path = Recording.root.appendingPathComponent(folder).path
                let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
                for name in names where name.hasPrefix(dialect.prefix) && name.hasSuffix(".json") {
                    seeds.append(try Recording("\(folder)/\(name.dropLast(5))").body)
                }
            }
        }
        return seeds.filter { $0.count <= 8192 }
    }

    @Test("a changed reply traps nothing and has one outcome, wherever a read ends", arguments: dialects)
    func mutated(dialect: Dialect) throws {
        let seeds = try Self.seeds(dialect)
        #expect(seeds.count > 10)
        var random = SplitMix(seed: 0x5EED)
        var answers = 0
        for number in 0..<Self.count {
            let body = Mutation.applied(to: seeds, &random)
            let isStream = random.next() & 3 != 0
            let cut = body.isEmpty ? 0 : Int(random.next() % UInt64(body.count))
            let whole = Outcome(dialect.adapter, isStream: isStream, head: HTTPHead(status: 200), body: body[...])
            let parts = Outcome(
                dialect.adapter, isStream: isStream, head: HTTPHead(status: 200), body: body[...], cuts: [cut])
            let finishes = whole.events.count { if case .finish = $0 { true } else { false } }
            let isRight =
                finishes == (whole.error == nil ? 1 : 0) && whole.error == parts.error && whole.joined == parts.joined
            try #require(isRight, "\(dialect.name) \(number): \(String(decoding: body, as: UTF8.self))")
            var answer = Answer(model: "", provider: "")
            for event in whole.events { answer.receive(event, keepsContent: true) }
            try #require(Set(answer.toolCalls.map(\.id)).count == answer.toolCalls.count, "an id comes twice")
            if whole.error == nil { answers += 1 }
        }
        // Without some complete answers, the changes would destroy everything and the test would prove nothing.
        #expect(answers > Self.count / 20)
    }
}

/// One change of a reply, from a single byte to the changes that servers make.
private enum Mutation {
    static func applied(to seeds: [[UInt8]], _ random: inout SplitMix) -> [UInt8] {
        var body = pick(seeds, &random)
        for _ in 0...(random.next() % 3) {
            switch random.next() % 8 {
            case 0: flipBit(&body, &random)
            case 1: cut(&body, &random)
            case 2: removeRange(&body, &random)
            case 3: swapLines(&body, &random)
            case 4: doubleLine(&body, &random)
            case 5: takeLine(of: pick(seeds, &random), &body, &random)
            default: replaceValue(&body, &random)
            }
        }
        return body
    }

    private static func pick<Element>(_ list: [Element], _ random: inout SplitMix) -> Element {
        list[Int(random.next() % UInt64(list.count))]
    }

    private static func place(_ body: [UInt8], _ random: inout SplitMix) -> Int {
        body.isEmpty ? 0 : Int(random.next() % UInt64(body.count))
    }

    private static func flipBit(_ body: inout [UInt8], _ random: inout SplitMix) {
        guard !body.isEmpty else { return }
        body[place(body, &random)] ^= 1 << UInt8(random.next() % 8)
    }

    private static func cut(_ body: inout [UInt8], _ random: inout SplitMix) {
        body.removeLast(body.count - place(body, &random))
    }

    private static func removeRange(_ body: inout [UInt8], _ random: inout SplitMix) {
        let start = place(body, &random)
        body.removeSubrange(start..<min(body.count, start + Int(random.next() % 40)))
    }

    // MARK: - Events change places, come twice or come from another reply

    private static func lines(_ body: [UInt8]) -> [ArraySlice<UInt8>] {
        body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    }

    private static func join(_ lines: [ArraySlice<UInt8>]) -> [UInt8] {
        Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    }

    private static func swapLines(_ body: inout [UInt8], _ random: inout SplitMix) {
        var all = lines(body)
        let (first, second) = (Int(random.next() % UInt64(all.count)), Int(random.next() % UInt64(all.count)))
        all.swapAt(first, second)
        body = join(all)
    }

    private static func doubleLine(_ body: inout [UInt8], _ random: inout SplitMix) {
        var all = lines(body)
        let index = Int(random.next() % UInt64(all.count))
        all.insert(contentsOf: [all[index], []], at: index)
        body = join(all)
    }

    private static func takeLine(of other: [UInt8], _ body: inout [UInt8], _ random: inout SplitMix) {
        var all = lines(body)
        let line = pick(lines(other), &random)
        all.insert(contentsOf: [line, []], at: Int(random.next() % UInt64(all.count)))
        body = join(all)
    }

    // MARK: - A member has another value

    private static let values = [
        "null", "\"\"", "{}", "[]", "0", "-1", "1e308", "99999999999999999999", "true", "\"null\"", "\"{}\"",
        "[{}]", #"{"a":1}"#, #""\ud83d""#, "\"stop\"", "\"tool_calls\"",
    ]

    /// Replaces a value after a colon.
    private static func replaceValue(_ body: inout [UInt8], _ random: inout SplitMix) {
        let start = place(body, &random)
        guard let colon = body[start...].firstIndex(of: UInt8(ascii: ":")) else { return }
        let end = body[(colon + 1)...].firstIndex { ",}]\n".utf8.contains($0) } ?? body.endIndex
        body.replaceSubrange((colon + 1)..<end, with: pick(values, &random).utf8)
    }
}

/// SplitMix64, so that a run can be repeated.
private struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
