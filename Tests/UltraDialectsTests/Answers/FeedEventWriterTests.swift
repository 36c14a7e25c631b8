import Testing
import UltraAPI

@testable import UltraDialects

@Suite("Events of a subscription as server-sent events")
struct FeedEventWriterTests {
    static func text(_ write: (inout [UInt8]) -> Void) -> String {
        var bytes: [UInt8] = []
        write(&bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("the native kind, number and data, with the topic")
    func events() {
        let data = RawJSON(validated: Array(#"{"models":[]}"#.utf8))
        #expect(
            Self.text { FeedEventWriter.write(.snapshot(data), to: &$0) }
                == "event: snapshot\nid: 1\ndata: {\"models\":[]}\n\n")
        #expect(
            Self.text { FeedEventWriter.write(.event(sequence: 9, topic: "health", data: data), to: &$0) }
                == "event: event\nid: 9\ndata: {\"topic\":\"health\",\"models\":[]}\n\n")
        let empty = RawJSON(validated: Array("{}".utf8))
        #expect(
            Self.text { FeedEventWriter.write(.event(sequence: 2, topic: "health", data: empty), to: &$0) }
                == "event: event\nid: 2\ndata: {\"topic\":\"health\"}\n\n")
    }

    @Test("an error has OpenAI's shape, Ultra's code, and the problems of a configuration")
    func error() {
        var error = UltraError(.fellBehind, "too slow", hint: "read on")
        #expect(
            Self.text { FeedEventWriter.failed(error, to: &$0) }
                == "event: error\ndata: {\"error\":{\"message\":\"too slow; read on\",\"type\":\"server_error\","
                + "\"param\":null,\"code\":\"fell_behind\"}}\n\n")
        error.problems = ["a:1: b"]
        #expect(String(decoding: UltraErrorWriter.body(error), as: UTF8.self).contains(#","problems":["a:1: b"]}"#))
    }
}
