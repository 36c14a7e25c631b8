import Testing
import UltraAPI

@testable import UltraProviders

struct ErrorTextTests {
    @Test(
        "nothing that looks like a key is shown",
        arguments: [
            ("Incorrect API key provided: sk-abcdef.", "Incorrect API key provided: <redacted>."),
            ("key sk-proj-ab***************wxyz is wrong", "key <redacted> is wrong"),
            ("Your api key: ****b3c4 is invalid", "Your api key: <redacted> is invalid"),
            ("(AIzaSyD-1234_abcdefg)", "(<redacted>)"),
            ("key='gsk_0123456789'", "key='<redacted>'"),
            ("token 0123456789abcdef0123456789abcdef.", "token <redacted>."),
            ("Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6", "Bearer <redacted>"),
            ("my-own-secret! was refused", "<redacted>! was refused"),
            ("header x-api-key:my-own-secret", "header x-api-key:<redacted>"),
        ])
    func redaction(text: String, shown: String) {
        #expect(ErrorText.cleaned(text, key: Secret("my-own-secret")) == shown)
    }

    @Test(
        "text that only resembles a key stays",
        arguments: [
            "The model gpt-4o-2024-08-06 is gone", "request req_c36106f48453f640180ea6ebcbb538e5",
            "meta-llama/Meta-Llama-3.1-405B-Instruct-Turbo", "id 123e4567-e89b-12d3-a456-426614174000",
            "Limit 400000, Requested 2500013", "see https://platform.openai.com/docs/guides/error-codes/api-errors",
        ])
    func others(text: String) {
        #expect(ErrorText.cleaned(text, key: Secret("my-own-secret")) == text)
    }

    @Test(
        "a placeholder for a key is an ordinary word",
        arguments: ["ollama", "EMPTY", "none", "sk-none", "not-needed!", "x"])
    func placeholder(key: String) {
        let text = "ollama has none of EMPTY models: not-needed! x"
        #expect(ErrorText.cleaned(text, key: Secret(key)) == text)
        let bytes = Array("{\"\(text)\"".utf8)
        #expect(bytes.withUnsafeBytes { ErrorText.excerpt($0, at: 0, key: Secret(key)) } == "{\"\(text)\"")
    }

    @Test("a real key is taken out wherever an excerpt begins or ends")
    func keyInExcerpt() {
        let key = "a-key.of/12+"
        for filling in stride(from: 60, through: 240, by: 11) {
            let bytes = Array(
                (String(repeating: "ö ", count: filling / 3) + "-" + key + "-" + String(repeating: "ü ", count: 99))
                    .utf8)
            for offset in stride(from: 0, through: bytes.count, by: 3) {
                let text = bytes.withUnsafeBytes { ErrorText.excerpt($0, at: offset, key: Secret(key)) }
                #expect(!text.contains("a-key") && !text.contains("/12+") && !text.contains("of/12"))
            }
        }
    }

    @Test("a message is one line of bounded length, cut between characters")
    func bounds() {
        #expect(ErrorText.cleaned("a\r\n  b\u{0}\u{1b}[31mc\n", key: nil) == "a b [31mc")
        let long = ErrorText.cleaned(String(repeating: "日", count: 300), key: nil)
        #expect(long.utf8.count <= ErrorText.limitBytes)
        #expect(long.hasSuffix("日…"))
    }

    @Test("an excerpt surrounds the place in question, within the bytes the protocol allows")
    func excerpt() {
        let bytes = Array((String(repeating: "ä", count: 500) + "X" + String(repeating: "ö", count: 500)).utf8)
        let text = bytes.withUnsafeBytes { ErrorText.excerpt($0, at: 1000, key: nil) }
        #expect(text.utf8.count <= 200)
        #expect(text.contains("äXö"))
    }
}
