import Testing

@testable import UltraDaemon

struct NearestNamesTests {
    private static let names = [
        "openai/gpt-4o", "openai/gpt-4o-mini", "openai/gpt-4.1", "anthropic/claude-sonnet-4-5",
        "anthropic/claude-opus-4-1", "gemini/gemini-2.5-flash", "mock/echo", "mock/lorem", "ollama/münchen:7b",
    ]

    @Test(
        "the names that may have been meant, nearest first",
        arguments: [
            ("gpt-4p", ["openai/gpt-4o", "openai/gpt-4.1"]),
            ("gpt4o", ["openai/gpt-4o"]),
            ("openai/gpt-4o-mni", ["openai/gpt-4o-mini", "openai/gpt-4o", "openai/gpt-4.1"]),
            ("claude", ["anthropic/claude-opus-4-1", "anthropic/claude-sonnet-4-5"]),
            ("CLAUDE-OPUS", ["anthropic/claude-opus-4-1"]),
            ("mock/ecko", ["mock/echo"]),
            ("Münchne:7b", ["ollama/münchen:7b"]),
            ("ex", []), ("", []), ("wholly-different-thing", []),
        ] as [(String, [String])])
    func nearest(name: String, expected: [String]) {
        #expect(NearestNames.of(name, among: Self.names) == expected)
    }

    @Test("at most three names, and none of an empty list")
    func few() {
        #expect(NearestNames.of("gpt", among: (0..<100).map { "gpt-\($0)" }).count == 3)
        #expect(NearestNames.of("gpt", among: []) == [])
        #expect(NearestNames.of("gpt", among: ["", "/", "x/"]) == [])
    }

    @Test("a name of megabytes costs nothing")
    func long() {
        let name = String(repeating: "a", count: 8 << 20)
        let names = (0..<5000).map { "provider/model-\($0)" }
        let elapsed = ContinuousClock().measure { #expect(NearestNames.of(name, among: names) == []) }
        #expect(elapsed < .seconds(2))
    }
}
