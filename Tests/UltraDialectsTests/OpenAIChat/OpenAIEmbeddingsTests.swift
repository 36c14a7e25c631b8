import Testing
import UltraAPI

@testable import UltraDialects

@Suite("Embeddings and models in OpenAI's shape")
struct OpenAIEmbeddingsTests {
    static func read(_ text: String) throws(UltraError) -> OpenAIEmbedRequest {
        try OpenAIEmbedRequest(Array(text.utf8))
    }

    static func refusal(_ text: String) -> UltraError? {
        do throws(UltraError) {
            _ = try read(text)
            return nil
        } catch {
            return error
        }
    }

    @Test("one text or several, with length and encoding")
    func requests() throws {
        let one = try Self.read(#"{"model":"m","input":"a"}"#)
        #expect(one.request == EmbedRequest(model: "m", input: ["a"]) && one.encoding == .float && one.warnings == [])
        let several = try Self.read(
            #"{"input":["a","b"],"dimensions":8,"encoding_format":"base64","user":"u","x":1,"model":null}"#)
        #expect(several.request.input == ["a", "b"] && several.request.dimensions == 8)
        #expect(several.request.model == nil && several.encoding == .base64)
        #expect(several.warnings == ["x was left out: it cannot be translated"])
    }

    @Test(
        "invalid members are refused by name",
        arguments: [
            ("{}", "input"), (#"{"input":[]}"#, "input"), (#"{"input":""}"#, "input"),
            (#"{"input":["a",""]}"#, "input[1]"),
            (#"{"input":"a","dimensions":0}"#, "dimensions"),
            (#"{"input":"a","encoding_format":"int8"}"#, "encoding_format"),
        ])
    func wrong(text: String, field: String) {
        #expect(Self.refusal(text)?.code == .invalidRequest && Self.refusal(text)?.field == field)
    }

    @Test("tokens in place of text are refused with the way out", arguments: ["[1,2]", "[[1],[2]]"])
    func tokens(input: String) {
        let error = Self.refusal(#"{"input":\#(input)}"#)
        #expect(error?.code == .capabilityMissing && error?.field == "input")
        #expect(error?.hint?.contains("check_embedding_ctx_length=False") == true)
    }

    static func answer(_ vectors: [String], tokens: Int?) -> EmbedAnswer {
        var embeddings = Embeddings(vectors: vectors.map { RawJSON(validated: Array($0.utf8)) })
        embeddings.inputTokens = tokens
        return EmbedAnswer(model: "a/b", provider: "a", embeddings)
    }

    @Test("vectors as numbers, byte for byte, or packed")
    func answers() throws {
        let answer = Self.answer(["[0.5,-1e-2]", "[1, 2]"], tokens: 3)
        let floats = try OpenAIEmbedWriter.body(answer, Self.read(#"{"input":["a","b"]}"#))
        #expect(
            String(decoding: floats, as: UTF8.self)
                == #"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-1e-2]},{"object":"embedding","index":1,"embedding":[1, 2]}],"model":"a/b","usage":{"prompt_tokens":3,"total_tokens":3}}"#
        )
        let packed = try OpenAIEmbedWriter.body(answer, Self.read(#"{"input":["a","b"],"encoding_format":"base64"}"#))
        // struct.pack("<2f", 0.5, -0.01) and struct.pack("<2f", 1, 2) of Python.
        #expect(String(decoding: packed, as: UTF8.self).contains(#""embedding":"AAAAPwrXI7w="}"#))
        #expect(String(decoding: packed, as: UTF8.self).contains(#""embedding":"AACAPwAAAEA="}"#))
    }

    @Test("unknown usage is estimated; an invalid vector is the provider's fault")
    func oddities() throws {
        let request = try Self.read(#"{"input":["12345"],"encoding_format":"base64"}"#)
        let text = String(decoding: try OpenAIEmbedWriter.body(Self.answer([], tokens: nil), request), as: UTF8.self)
        #expect(text.hasSuffix(#""usage":{"prompt_tokens":2,"total_tokens":2,"usage_source":"estimated"}}"#))
        #expect(throws: UltraError.self) { try OpenAIEmbedWriter.body(Self.answer([#"["a"]"#], tokens: 1), request) }
    }

    @Test(
        "base64 of any length",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy"),
        ])
    func base64(text: String, encoded: String) {
        // RFC 4648, section 10.
        #expect(Base64.encoded(Array(text.utf8)) == encoded)
    }

    @Test("models with what is known of them")
    func models() {
        let list = OpenAIModelList.report([
            ListedModel(
                id: "a/b", owner: "a", contextWindow: 128, maxOutputTokens: 16, capabilities: ["chat", "tools"]),
            ListedModel(id: "quick", owner: "ultrad"),
        ])
        #expect(
            String(decoding: list.json.bytes, as: UTF8.self)
                == #"{"object":"list","data":[{"id":"a/b","object":"model","created":0,"owned_by":"a","context_window":128,"max_output_tokens":16,"capabilities":["chat","tools"]},{"id":"quick","object":"model","created":0,"owned_by":"ultrad"}]}"#
        )
    }
}
