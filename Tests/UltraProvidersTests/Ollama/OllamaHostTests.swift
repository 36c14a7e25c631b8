import Testing

@testable import UltraProviders

struct OllamaHostTests {
    @Test(
        "a host may have many forms",
        arguments: [
            ("example.local", "http://example.local:11434"), ("box", "http://box:11434"),
            ("box:9000", "http://box:9000"), (":9000", "http://127.0.0.1:9000"), ("box/", "http://box:11434"),
            ("box:9000/proxy", "http://box:9000/proxy"),
            ("0.0.0.0", "http://127.0.0.1:11434"), ("0.0.0.0:9000", "http://127.0.0.1:9000"),
            ("10.0.0.7", "http://10.0.0.7:11434"),
            ("[::1]", "http://[::1]:11434"), ("[::1]:9000", "http://[::1]:9000"), ("::1", "http://[::1]:11434"),
            ("[::]:9000", "http://[::1]:9000"), ("::", "http://[::1]:11434"),
            ("http://box", "http://box"), ("http://box:9000", "http://box:9000"),
            ("http://0.0.0.0:11434", "http://127.0.0.1:11434"), ("http://:9000", "http://127.0.0.1:9000"),
            ("https://llm.example.com", "https://llm.example.com"),
            ("https://llm.example.com/ollama/", "https://llm.example.com/ollama"),
            ("\"box:9000\"", "http://box:9000"), ("'box'", "http://box:11434"),
            ("ollama.com", "https://ollama.com"), ("https://ollama.com", "https://ollama.com"),
        ])
    func form(text: String, base: String) throws {
        #expect(try Endpoint(OllamaHost.url(text), versionPath: "").base == base)
    }

    @Test(
        "an invalid host is refused",
        arguments: [
            ("box:port", .badPort), ("box:70000", .badPort), ("a b", .notAURL), ("ftp://box", .schemeNotHTTP),
            ("http://user:secret@box", .hasCredentials), ("llm.example.com", .plaintextToPublicHost("llm.example.com")),
        ] as [(String, Endpoint.Flaw)])
    func flaw(text: String, flaw: Endpoint.Flaw) {
        #expect(throws: flaw) { try Endpoint(OllamaHost.url(text), versionPath: "") }
    }
}
