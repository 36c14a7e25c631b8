import Testing
import UltraAPI

@testable import UltraDialects

@Suite("Ultra's own header fields, and data URLs")
struct UltraHeaderFieldsTests {
    private static func head(_ fields: [String]) throws -> HTTPRequestHead {
        var decoder = HTTPRequestDecoder()
        let lines = ["GET / HTTP/1.1", "Host: h"] + fields + ["", ""]
        Array(lines.joined(separator: "\r\n").utf8).withUnsafeBytes { decoder.append($0) }
        var body: [UInt8] = []
        guard case .head(let head)? = try decoder.next(appendingTo: &body) else {
            throw HTTPRefusal(400, "no head")
        }
        return head
    }

    @Test("are read from a request, and change it")
    func read() throws {
        let own = try UltraHeaderFields(
            Self.head([
                "X-Ultra-Cache: refresh", "x-ultra-fallback: a/b , c", "x-ultra-tags: one,two,", "x-ultra-tags: three",
                "x-ultra-timeout-ms: 5000",
            ]))
        #expect(own.timeoutMilliseconds == 5000)
        var request = Request(messages: [])
        own.apply(to: &request)
        #expect(request.cache == .refresh && request.fallback == .models(["a/b", "c"]))
        #expect(request.tags == ["one", "two", "three"])
        var embed = EmbedRequest(input: ["a"])
        own.apply(to: &embed)
        #expect(embed.cache == .refresh && embed.tags == ["one", "two", "three"])
    }

    @Test("change nothing where they are absent")
    func absent() throws {
        #expect(try UltraHeaderFields(Self.head([])) == UltraHeaderFields())
        var request = Request(messages: [])
        request.cache = .off
        try UltraHeaderFields(Self.head([])).apply(to: &request)
        #expect(request.cache == .off && request.fallback == .configured)
    }

    @Test("fallback", arguments: [("true", .configured), ("false", Fallback.none), (" ", Fallback.none)])
    func fallback(word: String, fallback: Fallback) throws {
        #expect(try UltraHeaderFields(Self.head(["x-ultra-fallback: \(word)"])).fallback == fallback)
    }

    @Test(
        "that are wrong are named",
        arguments: [
            ("x-ultra-cache", "sometimes"), ("x-ultra-timeout-ms", "0"), ("x-ultra-timeout-ms", "5s"),
            ("x-ultra-timeout-ms", "604800001"), ("x-ultra-tags", String(repeating: "a", count: 65)),
            ("x-ultra-tags", (0..<17).map { "\($0)" }.joined(separator: ",")), ("x-ultra-tags", "a\u{85}b"),
            ("x-ultra-fallback", String(repeating: "a", count: 257)),
        ])
    func wrong(field: String, value: String) throws {
        let head = try Self.head(["\(field): \(value)"])
        do throws(UltraError) {
            _ = try UltraHeaderFields(head)
            Issue.record("no error")
        } catch {
            #expect(error.code == .invalidRequest && error.field == field)
        }
    }

    @Test(
        "a data URL of base64, padded or not",
        arguments: [
            ("data:image/png;base64,AAEC", "image/png", "AAEC"), ("DATA:Image/PNG;BASE64,AAE=", "image/png", "AAE="),
            ("data:application/pdf;name=x;base64,AA", "application/pdf", "AA=="),
        ])
    func dataURL(url: String, type: String, base64: String) {
        let found = DataURL(url)
        #expect(found?.mediaType == type && found?.base64 == base64)
    }

    @Test(
        "other URLs are no data URLs of base64",
        arguments: [
            "https://h/i.png", "data:image/png,AAEC", "data:;base64,AAEC", "data:text;base64,AAEC",
            "data:image/png;base64,", "data:image/png;base64,A", "data:image/png;base64,AA=C", "data:image/png;base64",
        ])
    func noDataURL(url: String) {
        #expect(DataURL(url) == nil)
    }

    @Test("estimates round up, and count what is no text")
    func estimate() {
        #expect([0, 1, 4, 5].map(TokenEstimate.tokens(bytes:)) == [0, 1, 1, 2])
        var request = Request(
            messages: [
                Message(.user, [.text("12345"), .imageURL("u")]),
                Message(.assistant, [], toolCalls: [ToolCall(id: "c", name: "f", arguments: "{}")]),
            ])
        request.tools = [Tool(name: "f", description: "d", parameters: RawJSON(validated: Array("{}".utf8)))]
        // 5 + 3 + 4 bytes of text, and an image.
        #expect(TokenEstimate.input(request) == 3 + TokenEstimate.attachmentTokens)
    }
}
