import Foundation
import ScriptedProvider
import Testing

/// The wire format of one provider, written by hand after its documentation: everything a test needs to play the
/// provider.
struct Wire: Sendable, CustomTestStringConvertible {
    /// A reply in its unary and its streamed form.
    struct Reply: Sendable {
        var document: String
        /// Complete events or lines, in order.
        var stream: [String]
        /// The index of the piece that completes the reply.
        var finish: Int
    }

    /// An error as the provider writes it, and the error the client must receive.
    struct Refusal: Sendable {
        var body: String
        var code: String
        var providerCode: String?

        init(_ body: String, _ code: String, _ providerCode: String? = nil) {
            self.body = body
            self.code = code
            self.providerCode = providerCode
        }
    }

    let name: String
    /// The id of the provider, as in `provider/model`.
    let provider: String
    let model: String
    /// The environment that registers the provider at this URL.
    let environment: @Sendable (_ url: String) -> [String: String]
    let list: (path: String, body: String)
    let path: @Sendable (_ model: String, _ isStream: Bool) -> String
    var requestIDHeader: String?
    var streamType = "text/event-stream"
    /// `Hello é`, in two pieces.
    let text: Reply
    /// Errors by status; a status without an entry has an empty body.
    var refusals: [Int: Refusal] = [:]
    /// The event of a stream that failed after its first piece of text.
    let failure: (event: String, refusal: Refusal)
    /// JSON with a member of another type than documented, as a document and as an event.
    let wrongType: (document: String, event: String)

    var testDescription: String { name }

    /// Header fields of a reply.
    func headers(_ type: String) -> [(name: String, value: String)] {
        [("Content-Type", type)] + (requestIDHeader.map { [($0, "req-1")] } ?? [])
    }

    func document(_ body: String, status: Int = 200, _ more: [(name: String, value: String)] = []) -> Script {
        let type = body.first == "<" ? "text/html" : "application/json"
        return Script(status: status, headers: headers(type) + more, framing: .length, body: [.chunk(body)])
    }

    func stream(_ pieces: some Sequence<String>) -> Script {
        Script(headers: headers(streamType), body: pieces.map { .chunk($0) })
    }

    /// A daemon with `playing` as this provider.
    func daemon(_ playing: ScriptedProvider) throws -> DaemonProcess {
        playing.answer(list.path, with: .json(list.body))
        return try DaemonProcess(environment(playing.url), file: DaemonProcess.probingAnew())
    }

    static let all = [openAI, responses, anthropic, gemini, mistral, cohere, ollama, docker]

    /// An event of a stream of server-sent events.
    static func event(_ data: String, _ name: String? = nil) -> String {
        (name.map { "event: \($0)\n" } ?? "") + "data: \(data)\n\n"
    }
}
