import Testing
import UltraAPI
import UltraProviders

struct ModelListTextTests {
    /// The ids in `text`, read in pieces, and the query of the next page.
    private func read(_ text: String, _ adapter: some Adapter) throws -> (ids: [String], next: String?, pieces: Int) {
        var list = ModelListText(Array(text.utf8), adapter.listForm)
        while try list.scan() {}
        var ids: [String] = []
        var next: String?
        for index in 0..<list.pieceCount {
            let page = try list.decode(index, by: adapter)
            ids += page.models.map(\.id)
            next = page.next ?? next
        }
        return (ids, next, list.pieceCount)
    }

    @Test("a long list is read in pieces and gives what it gives whole", arguments: [0, 1, 511, 512, 513, 5000])
    func pieces(count: Int) throws {
        let names = (0..<count).map { "m\($0)-é\"" }
        func elements(_ member: String) -> String {
            names.map { #" {"\#(member)":"\#($0.dropLast())\"","x":[{}, "]"]} "# }.joined(separator: ",")
        }
        let pieces = count <= 512 ? 1 : (count + 511) / 512
        let openai = try read(
            #"{"object":"list","data":[\#(elements("id"))],"more":{"a":[1]}}"#, OpenAIAdapter.testing())
        #expect(openai == (names, nil, pieces))
        let bare = try read("[\(elements("id"))]", OpenAIAdapter.testing())
        #expect(bare == (names, nil, pieces))
        let anthropic = try read(
            #"{"data":[\#(elements("id"))],"has_more":true,"last_id":"z"}"#, AnthropicAdapter.testing())
        #expect(anthropic == (names, "z", pieces))
        let gemini = try read(
            #"{"nextPageToken":"t","models":[\#(elements("name"))]}"#, GeminiAdapter.testing())
        #expect(gemini == (names, "t", pieces))
    }

    @Test(
        "an invalid list is distinguished from an empty one",
        arguments: [
            ("", NotAModelList.empty), (" \n", .empty), ("<html>", .html), ("null", .otherForm), ("5", .otherForm),
            (#""list""#, .otherForm), ("{}", .otherForm), (#"{"models":[]}"#, .otherForm), ("[]", .otherForm),
            (#"{"data":[],"error":{"message":"x"}}"#, .error), (#"{"error":"x"}"#, .error),
            (#"{"data":[],"success":false}"#, .error), (#"{"data":[]} x"#, .otherForm),
        ])
    func noList(_ text: String, _ flaw: NotAModelList) {
        #expect(throws: flaw) { try read(text, AnthropicAdapter.testing()) }
    }

    @Test("every beginning of a list is refused")
    func cut() {
        let text = #"{"object":"list","data":[{"id":"a","x":[1,2]},{"id":"b"}],"n":null}"#
        for length in 0..<text.count {
            #expect(throws: NotAModelList.self, "\(text.prefix(length))") {
                try read(String(text.prefix(length)), AnthropicAdapter.testing())
            }
        }
    }

    @Test(
        "an empty list is a list, and an empty error is no error",
        arguments: [
            #"{"data":[]}"#, #"{"data":null}"#, #"{"data":[],"error":null}"#, #"{"data":[],"error":""}"#,
            #"{"data":[],"error":{}}"#, #"{"data":[],"error":[]}"#, #"{"data":[],"success":true}"#,
            "\u{FEFF}{\"data\":[]}",
        ])
    func empty(_ text: String) throws {
        #expect(try read(text, AnthropicAdapter.testing()).ids.isEmpty)
    }
}
