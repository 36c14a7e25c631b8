import Testing

@testable import UltraProviders

struct ServerSentEventsTests {
    struct Case: CustomTestStringConvertible {
        let rule: String
        let stream: String
        /// `name|data`
        let events: [String]

        var testDescription: String { rule }
    }

    static let cases = [
        Case(rule: "a blank line ends an event", stream: "data: a\n\ndata: b\n\n", events: ["|a", "|b"]),
        Case(rule: "lines end in CRLF", stream: "data: a\r\n\r\ndata: b\r\n\r\n", events: ["|a", "|b"]),
        Case(rule: "lines end in CR", stream: "data: a\r\rdata: b\r\r", events: ["|a", "|b"]),
        Case(
            rule: "line ends may be mixed", stream: "data: a\r\n\rdata: b\n\r\ndata: c\r\n\n",
            events: ["|a", "|b", "|c"]),
        Case(rule: "the space after the colon is optional", stream: "data:a\n\n", events: ["|a"]),
        Case(rule: "only one space is taken away", stream: "data:  a \n\n", events: ["| a "]),
        Case(rule: "data lines are joined by LF", stream: "data: a\ndata: b\ndata:\n\n", events: ["|a\nb\n"]),
        Case(rule: "CRLF between data lines ends one line", stream: "data: a\r\ndata: b\r\n\r\n", events: ["|a\nb"]),
        Case(rule: "a field without a colon has an empty value", stream: "data\n\n", events: ["|"]),
        Case(rule: "an event has a name", stream: "event: ping\ndata: {}\n\n", events: ["ping|{}"]),
        Case(rule: "the name may follow the data", stream: "data: {}\nevent: ping\n\n", events: ["ping|{}"]),
        Case(
            rule: "a name does not outlive its event", stream: "event: x\ndata: 1\n\ndata: 2\n\n",
            events: ["x|1", "|2"]),
        Case(rule: "an event without data is none", stream: "event: x\n\ndata: 2\n\n", events: ["|2"]),
        Case(
            rule: "comments are skipped", stream: ": keep-alive\n\n:\n\ndata: a\n: mid\ndata: b\n\n", events: ["|a\nb"]),
        Case(rule: "id and retry are skipped", stream: "id: 7\nretry: 10\ndata: a\n\n", events: ["|a"]),
        Case(rule: "unknown fields are skipped", stream: "datum: x\nevents: y\ndata: a\n\n", events: ["|a"]),
        Case(rule: "a byte order mark is skipped", stream: "\u{FEFF}data: a\n\n", events: ["|a"]),
        Case(rule: "a later byte order mark is not", stream: "data: a\n\n\u{FEFF}data: b\n\n", events: ["|a"]),
        Case(rule: "blank lines alone are nothing", stream: "\n\n\r\n\ndata: a\n\n\n\n", events: ["|a"]),
        Case(rule: "the last blank line may be missing", stream: "data: a\n\ndata: b\n", events: ["|a", "|b"]),
        Case(rule: "the last line end may be missing", stream: "data: a\n\ndata: b", events: ["|a", "|b"]),
        Case(
            rule: "a field called error is an event", stream: "error: {\"code\":1}\n\n", events: ["error|{\"code\":1}"]),
        Case(
            rule: "JSON without a field's name is an error event",
            stream: "data: a\n\n{\n  \"error\": 1\n}\n\ndata: b\n\n",
            events: ["|a", "error|{\n  \"error\": 1\n}", "|b"]),
        Case(rule: "text of several bytes survives", stream: "data: 日本 \u{1F600}\n\n", events: ["|日本 \u{1F600}"]),
    ]

    private func split(_ bytes: [UInt8], cuts: [Int], limitBytes: Int = 1000) throws -> [String] {
        var splitter = ServerSentEvents(limitBytes: limitBytes)
        var events: [String] = []
        func take(_ event: ServerSentEvent) -> Bool {
            events.append(
                String(decoding: event.name, as: UTF8.self) + "|" + String(decoding: event.data, as: UTF8.self))
            return true
        }
        var start = 0
        for cut in cuts + [bytes.count] {
            try Array(bytes[start..<cut]).withUnsafeBytes { try splitter.receive($0, take) }
            start = cut
        }
        try splitter.finish(take)
        return events
    }

    @Test("a stream is split as the specification says, wherever the reads fall", arguments: cases)
    func split(example: Case) throws {
        let bytes = Array(example.stream.utf8)
        #expect(try split(bytes, cuts: []) == example.events)
        #expect(try split(bytes, cuts: Array(bytes.indices)) == example.events)
        for first in bytes.indices {
            for second in first..<bytes.count {
                try #require(try split(bytes, cuts: [first, second]) == example.events, "read at \(first), \(second)")
            }
        }
    }

    @Test("an event that lies whole in a read is not copied")
    func inPlace() throws {
        let bytes = Array("data: first\n\ndata: second\n\n".utf8)
        var splitter = ServerSentEvents()
        try bytes.withUnsafeBytes { read in
            var places: [Range<Int>] = []
            try splitter.receive(read) { event in
                guard let start = event.data.baseAddress, let base = read.baseAddress else { return false }
                places.append(start - base..<start - base + event.data.count)
                return true
            }
            #expect(places == [6..<11, 19..<25])
        }
    }

    @Test("the receiver can stop in the middle of a read")
    func stop() throws {
        var splitter = ServerSentEvents()
        var count = 0
        try Array("data: 1\n\ndata: 2\n\ndata: 3\n\n".utf8).withUnsafeBytes { bytes in
            try splitter.receive(bytes) { _ in
                count += 1
                return count < 2
            }
        }
        #expect(count == 2)
    }

    @Test(
        "a line or an event beyond the limit is an error, also when it never ends",
        arguments: [
            String(repeating: "x", count: 100), "data: " + String(repeating: "x", count: 100),
            String(repeating: "data: xxxxxxxxx\n", count: 12),
        ])
    func limit(stream: String) {
        #expect(throws: SplitLimitExceeded(limitBytes: 64)) {
            try split(Array(stream.utf8), cuts: Array(stride(from: 5, to: stream.utf8.count, by: 5)), limitBytes: 64)
        }
    }
}
