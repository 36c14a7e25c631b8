import Testing
import UltraAPI

@testable import ultractl

struct ModelTableTests {
    private func render(_ models: String, columns: Int?, isComplete: Bool = false) throws -> String {
        let json = #"{"models":[\#(models)],"default":"openai/gpt-4o"}"#
        let list = try JSONReader.read(Array(json.utf8)) { (reader) throws(JSONError) in try ModelList(&reader) }
        let now = try #require(Timestamp("2026-11-24T20:10:00Z"))
        return ModelTable(list: list, isComplete: isComplete, style: Style(columns: columns), now: now).render()
    }

    static let models =
        #"{"id":"openai/gpt-4o","aliases":["4o"],"kind":"chat","state":"rate_limited","#
        + #""retry_at":"2026-11-24T20:10:42Z","tags":["smart","big"],"#
        + #""capabilities":["chat","json","json_schema","streaming","tools","vision"],"context_window":128000,"#
        + #""price":{"input_usd_per_mtok":2.5,"output_usd_per_mtok":10},"latency_ms":{"first_token_p50":310}},"#
        + #"{"id":"meine/模型-of-a-rather-long-name-2026-11-24","state":"available","context_window":1047576},"#
        + #"{"id":"openai/whisper-1","kind":"other","state":"available"}"#

    @Test("80 columns show model, state, context window and price, and name the hidden columns")
    func narrow() throws {
        #expect(
            try render(Self.models, columns: 80) == """
                MODEL                                  STATE              CONTEXT     IN     OUT
                openai/gpt-4o *                        rate_limited 42 s    128 k  $2.50  $10.00
                meine/模型-of-a-rather-long-name-202…  available           1.05 M      –       –

                2 models: 1 available, 1 rate_limited
                hidden columns: FIRST TOKEN, CAPABILITIES, ALIASES, TAGS (ultractl show MODEL
                has them)
                1 for other purposes not listed (--all lists them)

                """)
    }

    @Test("200 columns show everything")
    func wide() throws {
        let text = try render(Self.models, columns: 200)
        #expect(
            text == """
                MODEL                                        STATE              CONTEXT     IN     OUT  FIRST TOKEN  CAPABILITIES                                  ALIASES  TAGS
                openai/gpt-4o *                              rate_limited 42 s    128 k  $2.50  $10.00       310 ms  chat json json_schema streaming tools vision  4o       smart big
                meine/模型-of-a-rather-long-name-2026-11-24  available           1.05 M      –       –

                2 models: 1 available, 1 rate_limited
                1 for other purposes not listed (--all lists them)

                """)
    }

    @Test("no line is longer than the terminal, whatever its width", arguments: 60...200)
    func fits(columns: Int) throws {
        let text = try render(Self.models, columns: columns)
        #expect(text.split(separator: "\n").allSatisfy { String($0).columns <= columns }, "\(text)")
    }

    @Test("--all shows models that neither chat nor embed")
    func all() throws {
        let text = try render(Self.models, columns: nil, isComplete: true)
        #expect(text.contains("\nopenai/whisper-1 "))
        #expect(text.hasSuffix("\n3 models: 2 available, 1 rate_limited\n"))
    }

    @Test("an empty list has a text", arguments: [("", "No models.\n")])
    func empty(_ models: String, _ expected: String) throws {
        #expect(try render(models, columns: 80) == expected)
    }
}
