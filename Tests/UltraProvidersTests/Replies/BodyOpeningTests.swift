import Testing
import UltraAPI

@testable import UltraProviders

/// Bodies that differ from their content type, or from the requested form.
struct BodyOpeningTests {
    private static let mark = "\u{FEFF}"
    private static let json = [HTTPHeader("content-type", "application/json")]

    @Test("a byte order mark before a reply is skipped, also beside white space", arguments: DialectReplies.all)
    func byteOrderMark(dialect: DialectReplies) {
        let stream = dialect.piece("a") + dialect.piece("b") + dialect.end(dialect.length, "")
        let document = dialect.document("ab", dialect.length, "")
        for opening in ["", "\n", " \r\n\r\n"].flatMap({ [Self.mark + $0, $0 + Self.mark, $0 + Self.mark + $0] }) {
            for outcome in dialect.outcomes(opening + stream, isStream: true) {
                #expect(outcome.events == [.text("a"), .text("b"), .finish(.length)])
            }
            for isStream in [true, false] where dialect.adapter.framing == .serverSentEvents || !isStream {
                for outcome in dialect.outcomes(opening + document, isStream: isStream) {
                    #expect(outcome.events == [.text("ab"), .finish(.length)])
                }
            }
        }
    }

    @Test("a byte order mark before an error is skipped")
    func errors() {
        for body in [#"{"error":{"message":"no such model"}}"#, "no such model"] {
            let bytes = Array((Self.mark + body).utf8)
            for cuts in [[], Array(bytes.indices)] {
                let outcome = Outcome(
                    OpenAIAdapter.testing(), isStream: true, head: HTTPHead(status: 404), body: bytes[...], cuts: cuts)
                #expect(outcome.error?.message == "no such model")
            }
        }
    }

    @Test("events are recognised by their content", arguments: DialectReplies.all)
    func eventsByContent(dialect: DialectReplies) {
        var stream = dialect.piece("a") + dialect.piece("b") + dialect.end(dialect.length, "")
        // Ollama behind a gateway that sends events.
        if dialect.adapter.framing == .jsonLines {
            stream = stream.split(separator: "\n").map { "data: \($0)\n\n" }.joined()
        }
        for opening in [
            "", ": hello\n\n", "event: x\n", "id: 7\n", "retry: 10\n\n", "\n\n", "\r\n\r\n: x\r\n\r\n", ":\n",
        ] {
            for isStream in [true, false] {
                for outcome in dialect.outcomes(opening + stream, isStream: isStream, headers: Self.json) {
                    #expect(outcome.events == [.text("a"), .text("b"), .finish(.length)], "\(opening)")
                }
            }
        }
    }

    @Test("a document over several lines is recognised by its first line", arguments: DialectReplies.all)
    func documentOfLines(dialect: DialectReplies) {
        let document = dialect.document("ab", dialect.length, "")
        for opening in ["{\n", "{\r\n  ", "\n{\n"] {
            for isStream in [true, false] {
                for outcome in dialect.outcomes(opening + document.dropFirst(), isStream: isStream) {
                    #expect(outcome.events == [.text("ab"), .finish(.length)], "\(opening)")
                }
            }
        }
        for isStream in [true, false] {
            // The cut first line of a stream is a cut stream.
            let isCut = isStream && dialect.adapter.framing == .jsonLines
            let code: ErrorCode = isCut ? .streamTruncated : .upstreamProtocol
            for outcome in dialect.outcomes("{", isStream: isStream) {
                #expect(outcome.error?.code == code)
            }
        }
    }

    @Test("lines are a stream, though a document was asked for")
    func linesForDocument() {
        let dialect = DialectReplies.ollama
        for separator in ["\n", "\r\n", "\n\n"] {
            let lines = [dialect.piece("a"), dialect.piece("b"), dialect.end(dialect.length, "")]
                .map { $0.split(separator: "\n")[0] }.joined(separator: separator)
            for outcome in dialect.outcomes(lines, isStream: false) {
                #expect(outcome.events == [.text("a"), .text("b"), .finish(.length)])
            }
        }
        let cut = dialect.piece("a") + dialect.piece("b")
        for outcome in dialect.outcomes(cut, isStream: false) { #expect(outcome.error?.code == .streamTruncated) }
    }

    @Test("words that only begin like a field are no events")
    func words() {
        for body in ["database is down", "d", "da", "evening", "retr", "identify yourself", "internal error"] {
            for outcome in DialectReplies.chat.outcomes(body, isStream: false, headers: Self.json) {
                #expect(outcome.error?.code == .upstreamProtocol, "\(body)")
                #expect(outcome.error?.message.contains(body) == true)
            }
        }
    }

    @Test("a stream that only keeps the connection alive is given up after 1 MiB", arguments: DialectReplies.all)
    func emptiness(dialect: DialectReplies) {
        let signs =
            dialect.adapter.framing == .jsonLines
            ? ["\n", "\r\n", "{}\n"]
            : [": keep-alive\n\n", "\n", "data: {}\n\n", "id: 1\nevent: ping\n\n", #"data: {"type":"ping"}"# + "\n\n"]
        for sign in signs {
            for before in ["", dialect.piece("Hi")] {
                var decoder = ReplyDecoder(dialect.adapter, isStream: true)
                decoder.receive(HTTPHead(status: 200), now: 0)
                let read = Array((before + String(repeating: sign, count: 16_384 / sign.utf8.count)).utf8)
                let rest = Array(String(repeating: sign, count: 16_384 / sign.utf8.count).utf8)
                var count = 0
                let error = #expect(throws: UltraError.self) {
                    var events: [AnswerEvent] = []
                    for index in 0..<200 {
                        try decoder.receive(index == 0 ? read : rest, into: &events)
                        count += 1
                    }
                }
                #expect(error?.code == .upstreamProtocol, "\(sign)")
                #expect((60...75).contains(count), "\(sign) \(count)")
            }
        }
    }

    @Test("content between keep-alives resets the count")
    func signsOfLife() throws {
        var decoder = ReplyDecoder(OpenAIAdapter.testing(), isStream: true)
        decoder.receive(HTTPHead(status: 200), now: 0)
        var events: [AnswerEvent] = []
        let signs = Array(String(repeating: ": still here\n\n", count: 40_000).utf8)
        for _ in 0..<5 {
            try decoder.receive(signs, into: &events)
            try decoder.receive(Array(DialectReplies.chat.piece("a").utf8), into: &events)
            // An event of an unsupported feature is no keep-alive: it gives no event and counts as content.
            try decoder.receive(Array(String(repeating: ":", count: 400_000).utf8) + [0x0A], into: &events)
            let unread = #"data: {"choices":[],"tool_output":"\#(String(repeating: "x", count: 4_000_000))"}"# + "\n\n"
            try decoder.receive(Array(unread.utf8), into: &events)
        }
        try decoder.receive(Array(DialectReplies.chat.end("stop", "").utf8), into: &events)
        #expect(events == Array(repeating: .text("a"), count: 5) + [.finish(.stop)])
    }

    @Test("an endless error is reported once enough of it was received")
    func endlessError() {
        var decoder = ReplyDecoder(OpenAIAdapter.testing(), isStream: false)
        decoder.receive(HTTPHead(status: 503), now: 0)
        let read = [UInt8](repeating: UInt8(ascii: "x"), count: 10_000)
        var count = 0
        let error = #expect(throws: UltraError.self) {
            var events: [AnswerEvent] = []
            for _ in 0..<100 {
                try decoder.receive(read, into: &events)
                count += 1
            }
        }
        #expect(error?.code == .overloaded)
        #expect(count == 6)
    }
}
