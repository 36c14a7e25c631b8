import Testing
import UltraAPI

@testable import UltraProviders

/// The same reply in each API's format. Texts are given as in the JSON, without quotes.
struct DialectReplies: Sendable, CustomTestStringConvertible {
    let name: String
    let adapter: any Adapter
    /// One piece of text of a stream.
    let piece: @Sendable (String) -> String
    /// One piece of reasoning of a stream; nil: the API has none in pieces.
    let thought: (@Sendable (String) -> String)?
    /// The end of a stream with the reason as in the JSON. `more` are further members, each after a comma, of the last
    /// object that is always read.
    let end: @Sendable (_ reason: String, _ more: String) -> String
    /// A unary reply with a text, a reason, and further members of its outermost object.
    let document: @Sendable (_ text: String, _ reason: String, _ more: String) -> String
    /// The provider's words for an ordinary end and for the limit of tokens.
    let stop: String
    let length: String

    var testDescription: String { name }

    static let all = [chat, anthropic, gemini, cohere, responses, ollama]

    static let chat = DialectReplies(
        name: "chat", adapter: OpenAIAdapter.testing(),
        piece: { #"data: {"choices":[{"index":0,"delta":{"content":"\#($0)"}}]}"# + "\n\n" },
        thought: { #"data: {"choices":[{"index":0,"delta":{"reasoning_content":"\#($0)"}}]}"# + "\n\n" },
        end: { reason, more in
            #"data: {"choices":[{"index":0,"delta":{},"finish_reason":"\#(reason)"}]\#(more)}"# + "\n\ndata: [DONE]\n\n"
        },
        document: { text, reason, more in
            #"{"choices":[{"index":0,"message":{"content":"\#(text)"},"finish_reason":"\#(reason)"}]\#(more)}"#
        },
        stop: "stop", length: "length")

    static let anthropic = DialectReplies(
        name: "anthropic", adapter: AnthropicAdapter.testing(),
        piece: {
            #"data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\#($0)"}}"# + "\n\n"
        },
        thought: {
            #"data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"\#($0)"}}"#
                + "\n\n"
        },
        end: { reason, more in
            #"data: {"type":"message_delta","delta":{"stop_reason":"\#(reason)"}\#(more)}"#
                + "\n\n" + #"data: {"type":"message_stop"}"# + "\n\n"
        },
        document: { text, reason, more in
            #"{"type":"message","content":[{"type":"text","text":"\#(text)"}],"stop_reason":"\#(reason)"\#(more)}"#
        },
        stop: "end_turn", length: "max_tokens")

    static let gemini = DialectReplies(
        name: "gemini", adapter: GeminiAdapter.testing(),
        piece: { #"data: {"candidates":[{"content":{"parts":[{"text":"\#($0)"}]}}]}"# + "\n\n" },
        thought: { #"data: {"candidates":[{"content":{"parts":[{"text":"\#($0)","thought":true}]}}]}"# + "\n\n" },
        end: { reason, more in
            #"data: {"candidates":[{"content":{"parts":[]},"finishReason":"\#(reason)"}]\#(more)}"# + "\n\n"
        },
        document: { text, reason, more in
            #"{"candidates":[{"content":{"parts":[{"text":"\#(text)"}]},"finishReason":"\#(reason)"}]\#(more)}"#
        },
        stop: "STOP", length: "MAX_TOKENS")

    static let cohere = DialectReplies(
        name: "cohere", adapter: CohereAdapter.testing(),
        piece: {
            #"data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"\#($0)"}}}}"# + "\n\n"
        },
        thought: {
            #"data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"thinking":"\#($0)"}}}}"# + "\n\n"
        },
        end: { reason, more in
            #"data: {"type":"message-end","delta":{"finish_reason":"\#(reason)"\#(more)}}"# + "\n\n"
        },
        document: { text, reason, more in
            #"{"message":{"content":[{"type":"text","text":"\#(text)"}]},"finish_reason":"\#(reason)"\#(more)}"#
        },
        stop: "COMPLETE", length: "MAX_TOKENS")

    static let responses = DialectReplies(
        name: "responses", adapter: ResponsesAdapter(OpenAIAdapter.testing()),
        piece: { #"data: {"type":"response.output_text.delta","output_index":0,"delta":"\#($0)"}"# + "\n\n" },
        thought: {
            #"data: {"type":"response.reasoning_summary_text.delta","output_index":0,"delta":"\#($0)"}"# + "\n\n"
        },
        end: { reason, more in
            #"data: {"type":"response.incomplete","response":{"status":"incomplete","#
                + #""incomplete_details":{"reason":"\#(reason)"}\#(more)}}"# + "\n\n"
        },
        document: { text, reason, more in
            #"{"status":"incomplete","incomplete_details":{"reason":"\#(reason)"},"output":["#
                + #"{"type":"message","content":[{"type":"output_text","text":"\#(text)"}]}]\#(more)}"#
        },
        stop: "stop", length: "max_output_tokens")

    static let ollama = DialectReplies(
        name: "ollama", adapter: OllamaAdapter.testing(),
        piece: { #"{"message":{"role":"assistant","content":"\#($0)"},"done":false}"# + "\n" },
        thought: { #"{"message":{"role":"assistant","content":"","thinking":"\#($0)"},"done":false}"# + "\n" },
        end: { reason, more in
            #"{"message":{"role":"assistant","content":""},"done":true,"done_reason":"\#(reason)"\#(more)}"# + "\n"
        },
        document: { text, reason, more in
            #"{"message":{"role":"assistant","content":"\#(text)"},"done":true,"done_reason":"\#(reason)"\#(more)}"#
        },
        stop: "stop", length: "length")

    /// The outcomes of `body` read at once and byte by byte, which must be the same.
    func outcomes(_ body: String, isStream: Bool, headers: [HTTPHeader] = []) -> [Outcome] {
        outcomes(Array(body.utf8), isStream: isStream, headers: headers)
    }

    func outcomes(_ body: [UInt8], isStream: Bool, headers: [HTTPHeader] = []) -> [Outcome] {
        [[], Array(body.indices)].map { cuts in
            Outcome(
                adapter, isStream: isStream, head: HTTPHead(status: 200, headers: headers), body: body[...], cuts: cuts)
        }
    }
}

extension Outcome {
    var text: String {
        events.reduce(into: "") { if case .text(let piece) = $1 { $0 += piece } }
    }

    var reasoning: String {
        events.reduce(into: "") { if case .reasoning(let piece) = $1 { $0 += piece } }
    }

    var finish: FinishReason? {
        events.reduce(nil) { if case .finish(let reason) = $1 { reason } else { $0 } }
    }

    var warnings: [String] {
        events.compactMap { if case .warning(let warning) = $0 { warning } else { nil } }
    }

    var usage: Usage {
        events.reduce(into: Usage()) { if case .usage(let usage) = $1 { $0.update(with: usage) } }
    }
}
