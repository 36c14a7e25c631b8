import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

/// Every recorded Chat Completions exchange, of OpenAI and of servers that speak its API.
@Suite(.enabled(if: !Recording.areAbsent, "the recordings lie outside the repository"))
struct ChatRecordingTests {
    static let streams = [
        "openai/chat_stream-01", "openai/chat_stream-02", "openai/chat_stream-03", "openai/error_stream-01",
        "openai/json_schema_stream-01", "openai/tool_results_stream-01", "openai/tools_stream-01",
        "openai/tools_stream-02", "openai/vision_stream-01", "deepseek/tools_stream-01", "groq/error_stream-01",
        "groq/tools_stream-01", "ollama/openai_tools_stream-01", "xai/chat_stream-01",
    ]

    static let documents = [
        "openai/blocked-01", "openai/chat-01", "openai/chat-02", "openai/chat-03", "openai/json_schema-01",
        "openai/reasoning-01", "openai/tool_results-01", "openai/tools-01", "openai/tools-02", "openai/vision-01",
        "azure/blocked-01", "deepseek/chat-01", "deepseek/reasoning-01", "groq/chat-01", "ollama/openai_chat-01",
    ]

    static let errors = [
        "openai/error-01", "openai/error-02", "openai/error-03", "openai/error-04", "openai/error-05",
        "openai/error-06", "openai/error-07", "openai/error-08", "openai/error-09", "openai/error-10",
        "azure/error-01", "azure/error-02", "azure/error-03", "deepseek/error-01", "deepseek/error-02",
        "groq/error-01", "groq/error-02", "ollama/error-03", "xai/error-01", "xai/error-02",
    ]

    private func adapter(_ name: String) -> OpenAIAdapter {
        .testing(provider: String(name.prefix { $0 != "/" }))
    }

    private func outcome(_ recording: Recording, isStream: Bool, cuts: [Int] = []) -> Outcome {
        Outcome(
            adapter(recording.name), isStream: isStream, head: recording.head, body: recording.body[...], cuts: cuts)
    }

    @Test("a recorded stream says what is written down", arguments: streams)
    func stream(name: String) throws {
        try Expected(name).check(outcome(Recording(name), isStream: true), name)
    }

    @Test("a recorded document says what is written down", arguments: documents)
    func document(name: String) throws {
        try Expected(name).check(outcome(Recording(name), isStream: false), name)
    }

    @Test("a recorded error says what is written down, whether a stream was asked for or not", arguments: errors)
    func error(name: String) throws {
        let recording = try Recording(name)
        try Expected(name).check(outcome(recording, isStream: false), name)
        try Expected(name).check(outcome(recording, isStream: true), name)
    }

    @Test("a document in answer to a stream request says the same", arguments: documents)
    func unexpectedDocument(name: String) throws {
        try Expected(name).check(outcome(Recording(name), isStream: true), name)
    }

    @Test("a stream says the same wherever a read ends", arguments: streams)
    func split(name: String) throws {
        let recording = try Recording(name)
        let whole = outcome(recording, isStream: true)
        for size in [1, 2, 3, 7, 64, 1000] {
            let cuts = Array(stride(from: size, to: recording.body.count, by: size))
            #expect(outcome(recording, isStream: true, cuts: cuts) == whole, "\(name) in reads of \(size)")
        }
        // Every place at once is the first size above; one place at a time takes the square of the length.
        for cut in recording.body.indices.prefix(4000) {
            let found = outcome(recording, isStream: true, cuts: [cut])
            try #require(found == whole, "\(name) read up to byte \(cut)")
        }
    }

    @Test("a stream cut at any byte is complete only after its finish reason", arguments: streams)
    func cut(name: String) throws {
        let recording = try Recording(name)
        let whole = outcome(recording, isStream: true)
        let text = String(decoding: recording.body, as: UTF8.self)
        let answer = whole.events.filter { if case .usage = $0 { false } else { true } }
        // The chunk that carries the finish reason must have come whole.
        let finish = text.range(of: #""finish_reason":"[a-z_]+""#, options: .regularExpression)
        let chunkEnd = finish.flatMap { text.range(of: "\n", range: $0.upperBound..<text.endIndex)?.lowerBound }
        let complete = chunkEnd.map { text.utf8.distance(from: text.startIndex, to: $0) } ?? Int.max
        var decoder = ReplyDecoder(adapter(name), isStream: true)
        decoder.receive(recording.head, now: 0)
        var events: [AnswerEvent] = []
        for cut in recording.body.indices {
            // The decoder is a value: the copy is told that the body ends here, the original goes on.
            var ended = decoder
            var found = events
            do throws(UltraError) {
                try ended.finish(into: &found)
                #expect(cut >= complete, "\(name) cut at \(cut) passed for complete")
                #expect(found.filter { if case .usage = $0 { false } else { true } } == answer)
            } catch {
                try #require(cut < complete || whole.error != nil, "\(name) cut at \(cut)")
                let code: ErrorCode = cut == 0 ? .upstreamProtocol : .streamTruncated
                try #require(error == whole.error || error.code == code, "\(name) cut at \(cut): \(error)")
                #expect(!found.contains { if case .finish = $0 { true } else { false } })
            }
            do throws(UltraError) {
                try recording.body[cut...cut].withUnsafeBufferPointer { (byte) throws(UltraError) in
                    try decoder.receive(UnsafeRawBufferPointer(byte), into: &events)
                }
            } catch {
                #expect(error == whole.error)
            }
        }
    }
}
