import Testing

@testable import UltraProviders

/// Every recorded reply, of all providers.
@Suite("Recorded replies", .enabled(if: !Recording.areAbsent, "the recordings lie outside the repository"))
struct RecordedRepliesTests {
    @Test("a stream gives the expected answer", arguments: RecordedReply.all { $0.streams + $0.longStreams })
    func stream(reply: RecordedReply) throws {
        try reply.checks.expected(reply.name, isStream: true)
    }

    @Test(
        "a document or an error gives the expected answer, whether a stream was requested or not",
        arguments: RecordedReply.all { $0.documents + $0.errors })
    func document(reply: RecordedReply) throws {
        try reply.checks.expected(reply.name, isStream: false)
        try reply.checks.expected(reply.name, isStream: true)
    }

    @Test("a stream gives the same answer wherever a read ends", arguments: RecordedReply.cut)
    func split(reply: RecordedReply) throws {
        try reply.checks.splits(reply.name)
    }

    @Test("a stream cut at any byte is complete only after its end", arguments: RecordedReply.cut)
    func cut(reply: RecordedReply) throws {
        try reply.checks.cuts(reply.name, completeAt: reply.api.completeAt)
    }
}

/// One recorded reply.
struct RecordedReply: Sendable, CustomTestStringConvertible {
    let name: String
    let api: RecordedReplies

    var testDescription: String { name }
    var checks: RecordingChecks { RecordingChecks(adapter: api.adapter(name)) }

    /// The replies that are cut at every byte.
    static let cut = all { $0.streams + ($0.areDocumentsCut ? $0.documents : []) }

    static func all(_ names: (RecordedReplies) -> [String]) -> [RecordedReply] {
        [
            AnthropicRecordingTests.replies, CohereRecordingTests.replies, GeminiRecordingTests.replies,
            MistralRecordingTests.replies, OllamaRecordingTests.replies, ChatRecordingTests.replies,
            ResponsesRecordingTests.replies,
        ]
        .flatMap { api in names(api).map { RecordedReply(name: $0, api: api) } }
    }
}
