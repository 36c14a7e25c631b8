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

    /// The adapter of the server that was recorded.
    private func checks(_ name: String) -> RecordingChecks {
        RecordingChecks(adapter: OpenAIAdapter.testing(provider: String(name.prefix { $0 != "/" })))
    }

    @Test("a recorded stream says what is written down", arguments: streams)
    func stream(name: String) throws {
        try checks(name).expected(name, isStream: true)
    }

    @Test("a recorded document says what is written down, whether a stream was asked for or not", arguments: documents)
    func document(name: String) throws {
        try checks(name).expected(name, isStream: false)
        try checks(name).expected(name, isStream: true)
    }

    @Test("a recorded error says what is written down, whether a stream was asked for or not", arguments: errors)
    func error(name: String) throws {
        try checks(name).expected(name, isStream: false)
        try checks(name).expected(name, isStream: true)
    }

    @Test("a stream says the same wherever a read ends", arguments: streams)
    func split(name: String) throws {
        try checks(name).splits(name)
    }

    @Test("a stream cut at any byte is complete only after its finish reason", arguments: streams)
    func cut(name: String) throws {
        try checks(name).cuts(name) { text in
            // The chunk that carries the finish reason must have come whole.
            let finish = text.range(of: #""finish_reason":"[a-z_]+""#, options: .regularExpression)
            let chunkEnd = finish.flatMap { text.range(of: "\n", range: $0.upperBound..<text.endIndex)?.lowerBound }
            return chunkEnd.map { text.utf8.distance(from: text.startIndex, to: $0) }
        }
    }
}
