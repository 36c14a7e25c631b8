import Foundation
import ScriptedProvider
import Testing

/// Unusual replies, and invalid requests, with the built daemon.
@Suite("Odd replies", .timeLimit(.minutes(2)))
struct OddReplyTests {
    private static let chat = "/v1/chat/completions"
    private static let embeddings = "/v1/embeddings"
    private static let models = #"{"object":"list","data":[{"id":"gpt-4o","x":NaN},{"id":"text-embedding-3-small"}]}"#
    private static let config = "[retry]\nper_candidate = 0\n"

    private static func request(_ op: String) -> (path: String, json: String) {
        op == "embed"
            ? (embeddings, #"{"id":1,"op":"embed","model":"openai/text-embedding-3-small","input":["a"]}"#)
            : (chat, #"{"id":1,"op":"\#(op)","model":"openai/gpt-4o","prompt":"hi"}"#)
    }

    @Test("an endless error is reported, and its transfer ended", arguments: ["generate", "stream", "embed"])
    func endlessError(op: String) throws {
        let provider = try ScriptedProvider()
        let (path, json) = Self.request(op)
        let block = Step.chunk(String(repeating: "no ", count: 1024))
        provider.answer(path, with: Script(status: 400, body: [.repeat(count: 100, [block]), .hang]))
        let daemon = try DaemonProcess(openai: provider, file: Self.config)
        let error = try daemon.client().ask(json)
        #expect(error.code == "bad_request")
        #expect(error.error["status"] as? Int == 400)
        let sent = try #require(provider.requests.first { $0.path == path })
        _ = try provider.blockForConnectionClosed(sent.connection)
    }

    @Test(
        "signs of life without an answer are ended after 1 MiB, and so is their transfer",
        arguments: ["generate", "stream"])
    func emptiness(op: String) throws {
        let provider = try ScriptedProvider()
        let (path, json) = Self.request(op)
        let block = Step.chunk(String(repeating: ": working\n\n", count: 1000))
        provider.answer(
            path,
            with: Script(
                headers: [("content-type", "text/event-stream")], body: [.repeat(count: 120, [block]), .hang]))
        let daemon = try DaemonProcess(openai: provider, file: Self.config)
        let error = try daemon.client().ask(json)
        #expect(error.code == "upstream_protocol")
        #expect((error.error["message"] as? String)?.contains("1 MiB") == true)
        let sent = try #require(provider.requests.first { $0.path == path })
        _ = try provider.blockForConnectionClosed(sent.connection)
    }

    @Test("lists and vectors are read as answers are: behind a byte order mark, with halves and with NaN")
    func documents() throws {
        let provider = try ScriptedProvider()
        provider.answer("/v1/models", with: .json("\u{FEFF}" + Self.models))
        provider.answer(
            Self.embeddings,
            with: .json(
                "\u{FEFF}"
                    + #"{"data":[{"embedding":[0.5,1],"index":0,"note":"\udf0a"}],"x":-Infinity,"usage":{"prompt_tokens":"3"}}"#
            ))
        let client = try DaemonProcess(openai: provider, file: Self.config).client()
        let found = try client.ask(Self.request("embed").json)
        #expect((found["vectors"] ?? found["embeddings"]) as? [[Double]] == [[0.5, 1]])
        #expect((found["usage"] as? [String: Any])?["input_tokens"] as? Int == 3)
    }

    @Test("an unknown finish reason reaches the client as a warning", arguments: ["generate", "stream"])
    func unknownWord(op: String) throws {
        let provider = try ScriptedProvider()
        let body =
            #"{"choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"PAINTED_BLUE"}],"#
            + #""usage":{"prompt_tokens":"7","completion_tokens":"1"}}"#
        provider.answer(Self.chat, with: .json(body))
        let answer = try DaemonProcess(openai: provider, file: Self.config).client().ask(Self.request(op).json)
        #expect(answer["finish_reason"] as? String == "other")
        let warnings = answer["warnings"] as? [String] ?? []
        #expect(warnings.count == 1 && warnings.first?.contains("PAINTED_BLUE") == true)
        #expect((answer["usage"] as? [String: Any])?["input_tokens"] as? Int == 7)
    }

    @Test(
        "a request whose strings are no text fails alone",
        arguments: [#"\uD83C"#, #"\uDF0A"#, #"\u0000"#, "\u{0}", "\u{1B}[2J"])
    func requests(text: String) throws {
        let client = try DaemonProcess(["USE_MOCK": "true"]).client()
        client.send(#"{"id":1,"op":"stream","model":"mock/echo","prompt":"one two"}"#)
        client.send(#"{"id":2,"op":"generate","model":"mock/echo","prompt":"a\#(text)"}"#)
        let error = try client.frames(2).last
        #expect(error?.code == "invalid_request")
        #expect(try client.ask(#"{"id":3,"op":"generate","model":"mock/echo","prompt":"a"}"#, id: 3).text == "a")
    }
}
