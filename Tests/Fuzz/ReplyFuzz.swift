import UltraAPI

@testable import UltraProviders

/// Decodes a reply of any dialect. The first byte selects the dialect and the request, the second the place where a
/// read ends. Every input has exactly one outcome, and the outcome does not depend on the reads.
func fuzzReply(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 2 else { return }
    let body = UnsafeRawBufferPointer(rebasing: bytes[2...])
    let adapter = adapters[Int(bytes[0] & 0x7F) % adapters.count]
    let isStream = bytes[0] & 0x80 == 0
    let split = body.isEmpty ? 0 : Int(bytes[1]) % body.count
    let whole = Outcome(adapter, isStream, [body])
    let parts = Outcome(
        adapter, isStream,
        [UnsafeRawBufferPointer(rebasing: body[..<split]), UnsafeRawBufferPointer(rebasing: body[split...])])
    precondition(whole.end == parts.end, "the end depends on the reads")
    precondition(whole.answer == parts.answer, "the answer depends on the reads")
    precondition(whole.finishes == (whole.end == nil ? 1 : 0), "not one end")
    precondition(Set(whole.answer.toolCalls.map(\.id)).count == whole.answer.toolCalls.count, "an id comes twice")
    let parted = whole.answer.parts.reduce(into: "") { text, part in
        if case .text(let piece) = part { text += piece }
    }
    precondition(parted == whole.answer.text, "parts are not the text")
}

private struct Outcome {
    var answer = Answer(model: "", provider: "")
    var finishes = 0
    /// The error that ended the reply; nil: the reply ended well.
    var end: ErrorCode?

    init(_ adapter: any Adapter, _ isStream: Bool, _ reads: [UnsafeRawBufferPointer]) {
        var decoder = ReplyDecoder(adapter, isStream: isStream, replyID: 1)
        var events: [AnswerEvent] = []
        decoder.receive(HTTPHead(status: 200), now: 0)
        do throws(UltraError) {
            for read in reads { try decoder.receive(read, into: &events) }
            if !decoder.isComplete { try decoder.finish(into: &events) }
        } catch {
            end = error.code
        }
        for event in events {
            answer.receive(event, keepsContent: true)
            if case .finish = event { finishes += 1 }
        }
    }
}

private let adapters: [any Adapter] = {
    guard let endpoint = try? Endpoint("https://api.example.com/v1", versionPath: "/v1") else { return [] }
    let chat = OpenAIAdapter(provider: "openai", endpoint: endpoint, key: nil, dialect: .openAI)
    return [
        AnthropicAdapter(endpoint: endpoint, key: nil, version: AnthropicAdapter.defaultVersion),
        GeminiAdapter(endpoint: endpoint, key: nil), CohereAdapter(endpoint: endpoint, key: nil),
        ResponsesAdapter(chat), OllamaAdapter(endpoint: endpoint, key: nil), chat,
        OpenAIAdapter(provider: "local", endpoint: endpoint, key: nil, dialect: Dialect()),
        MistralAdapter(endpoint: endpoint, key: nil),
    ]
}()
