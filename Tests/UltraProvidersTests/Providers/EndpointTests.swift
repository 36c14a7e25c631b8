import Testing

@testable import UltraProviders

struct EndpointTests {
    @Test(
        "a version is appended unless there is one",
        arguments: [
            ("https://api.openai.com", "https://api.openai.com/v1"),
            ("https://api.openai.com/", "https://api.openai.com/v1"),
            ("https://api.openai.com/v1", "https://api.openai.com/v1"),
            ("https://api.openai.com/v1///", "https://api.openai.com/v1"),
            ("HTTPS://API.Example.com:8443/Base", "https://api.example.com:8443/Base/v1"),
            ("https://g.example/v1beta", "https://g.example/v1beta"),
            ("https://g.example/v1beta/openai", "https://g.example/v1beta/openai"),
            ("https://c.example/v2", "https://c.example/v2"),
            ("https://c.example/vertex", "https://c.example/vertex/v1"),
            ("https://c.example/v", "https://c.example/v/v1"),
            ("https://r.openai.azure.com/openai/deployments/d", "https://r.openai.azure.com/openai/deployments/d"),
        ])
    func version(text: String, base: String) throws {
        #expect(try Endpoint(text, versionPath: "/v1").base == base)
    }

    @Test(
        "the path of one API call is removed, with a warning",
        arguments: [
            ("https://a.example/v1/chat/completions", "https://a.example/v1", "/chat/completions"),
            ("https://a.example/v1/chat/completions/", "https://a.example/v1", "/chat/completions"),
            ("https://a.example/gateway/v1/messages", "https://a.example/gateway/v1", "/messages"),
            ("https://a.example/responses", "https://a.example/v1", "/responses"),
            ("https://a.example/v1/Embeddings", "https://a.example/v1", "/embeddings"),
            ("https://a.example/v1/chat", "https://a.example/v1/chat", nil),
            ("https://c.example/v2/chat", "https://c.example/v1", "/v2/chat"),
            ("http://localhost:11434/api/chat", "http://localhost:11434/v1", "/api/chat"),
            ("https://a.example/v1/mymessages", "https://a.example/v1/mymessages", nil),
            (
                "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=1",
                "https://r.openai.azure.com/openai/deployments/d", "/chat/completions"
            ),
        ])
    func callPath(text: String, base: String, cut: String?) throws {
        let endpoint = try Endpoint(text, versionPath: "/v1")
        #expect(endpoint.base == base && endpoint.cutPath == cut)
    }

    @Test("a query stays at the end of every call")
    func query() throws {
        let endpoint = try Endpoint("https://a.example/v1/?api-version=2024-10-21", versionPath: "/v1")
        #expect(endpoint.url("/models") == "https://a.example/v1/models?api-version=2024-10-21")
        #expect(endpoint.url("/models?limit=1") == "https://a.example/v1/models?limit=1&api-version=2024-10-21")
    }

    @Test(
        "an invalid endpoint is refused with the reason",
        arguments: [
            ("api.openai.com", .notAURL), ("", .notAURL), ("https://", .notAURL), ("https:///v1", .notAURL),
            ("https://a b/v1", .notAURL), ("https://a\nb/v1", .notAURL), ("https://[::1/v1", .notAURL),
            ("ftp://a.example", .schemeNotHTTP), ("https://user:secret@a.example", .hasCredentials),
            ("https://a.example/v1#x", .hasFragment), ("https://a.example:0", .badPort),
            ("https://a.example:70000", .badPort), ("https://a.example:", .badPort),
            ("http://a.example/v1", .plaintextToPublicHost("a.example")),
            ("http://8.8.8.8", .plaintextToPublicHost("8.8.8.8")),
            ("http://172.32.0.1", .plaintextToPublicHost("172.32.0.1")),
            ("http://[2001:db8::1]:80", .plaintextToPublicHost("2001:db8::1")),
            ("http://2130706433", .plaintextToPublicHost("2130706433")),
            ("http://127.0.0.1.example.com", .plaintextToPublicHost("127.0.0.1.example.com")),
        ] as [(String, Endpoint.Flaw)])
    func flaw(text: String, flaw: Endpoint.Flaw) {
        #expect(throws: flaw) { try Endpoint(text, versionPath: "/v1") }
    }

    @Test(
        "plain http reaches loopback and private hosts",
        arguments: [
            "http://localhost:8080", "http://127.0.0.1:1", "http://127.8.9.1", "http://[::1]:80", "http://10.0.0.1",
            "http://192.168.1.9", "http://172.16.0.1", "http://172.31.0.1", "http://169.254.1.1", "http://[fd00::1]",
            "http://[fe80::1]", "http://100.64.0.1", "http://ollama:11434", "http://box.local", "http://box.lan",
            "http://model-runner.docker.internal",
        ])
    func plaintext(text: String) throws {
        #expect(try Endpoint(text, versionPath: "/v1").base == text + "/v1")
    }

    @Test("plain http reaches any host when it is allowed")
    func allowed() throws {
        #expect(
            try Endpoint("http://a.example", versionPath: "/v1", allowsPlaintext: true).base == "http://a.example/v1")
    }
}
