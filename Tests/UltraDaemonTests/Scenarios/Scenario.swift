import Foundation
import ScriptedProvider

/// A daemon between a client and several scripted providers, each of which it has probed once.
final class Scenario {
    static let gpt = "openai/gpt-4o"
    static let mini = "openai/gpt-4o-mini"
    static let codestral = "mistral/codestral-2508"
    static let chat = "/v1/chat/completions"

    let daemon: DaemonProcess
    let client: Client
    /// Retained so that the providers answer as long as the scenario exists.
    private let providers: [String: ScriptedProvider]
    private var lastID = 0

    /// - Parameters:
    ///   - providers: Providers by id; each serves its API at `/v1`, Gemini at `/v1beta`.
    ///   - environment: Variables that override those derived from `providers`.
    ///   - file: The text of the configuration file; nil: there is none.
    init(
        _ providers: [String: ScriptedProvider], _ environment: [String: String] = [:], file: String? = nil
    ) throws {
        self.providers = providers
        daemon = try DaemonProcess(
            Self.environment(providers).merging(environment) { $1 }, file: DaemonProcess.probingAnew(file))
        client = try daemon.client()
        _ = try ask("probe", "")
    }

    static func environment(_ providers: [String: ScriptedProvider]) -> [String: String] {
        var environment = ["AUTO_REGISTER_PROVIDERS": "false"]
        for (id, provider) in providers {
            environment["\(id.uppercased())_API_KEY"] = "key-of-\(id)"
            environment["\(id.uppercased())_API_ENDPOINT"] = provider.url
        }
        return environment
    }

    /// Sends a request under a new id and returns the id; `fields` follow `op`.
    @discardableResult
    func send(_ op: String, _ fields: String) -> Int {
        lastID += 1
        client.send(#"{"id":\#(lastID),"op":"\#(op)"\#(fields.isEmpty ? "" : ",")\#(fields)}"#)
        return lastID
    }

    func frames(_ op: String, _ fields: String) throws -> [Frame] {
        try client.frames(send(op, fields))
    }

    /// Sends a request and returns its terminal frame.
    func ask(_ op: String, _ fields: String) throws -> Frame {
        guard let last = try frames(op, fields).last else { throw ClientError(what: "nothing") }
        return last
    }

    func generate(_ model: String, _ more: String = "") throws -> Frame {
        try ask("generate", Self.fields(model, more))
    }

    static func fields(_ model: String, _ more: String = "", prompt: String = "hi") -> String {
        #""model":"\#(model)","prompt":"\#(prompt)"\#(more.isEmpty ? "" : ",")\#(more)"#
    }

    /// The model in the result of `models`.
    func model(_ id: String) throws -> [String: Any] {
        let models = try ask("models", "")["models"] as? [[String: Any]] ?? []
        guard let model = models.first(where: { $0["id"] as? String == id }) else {
            throw ClientError(what: "no model \(id) among \(models.compactMap { $0["id"] })")
        }
        return model
    }

    func state(_ model: String) throws -> String? { try self.model(model)["state"] as? String }

    /// The provider in the result of `status`.
    func provider(_ id: String) throws -> [String: Any] {
        let providers = try ask("status", "")["providers"] as? [[String: Any]] ?? []
        return providers.first { $0["id"] as? String == id } ?? [:]
    }

    /// Probes `provider` and returns the first result.
    func probe(_ provider: String) throws -> [String: Any] {
        (try ask("probe", #""provider":"\#(provider)""#)["results"] as? [[String: Any]])?.first ?? [:]
    }
}

extension Frame {
    /// The attempts of the request, each as `model outcome error`.
    var story: [String] {
        let attempts = (object["attempts"] ?? error["attempts"]) as? [[String: Any]] ?? []
        return attempts.map { attempt in
            ["model", "outcome", "error"].compactMap { attempt[$0] as? String }.joined(separator: " ")
        }
    }

    var milliseconds: Int? { error["retry_after_ms"] as? Int }
}

extension ScriptedProvider {
    /// A complete unary reply of OpenAI.
    static var whole: Script { .json(RelayTests.answer) }

    /// An OpenAI that answers with `scripts` in order and repeats the last one; without scripts every reply is
    /// complete.
    static func openAI(_ scripts: Script...) throws -> ScriptedProvider {
        let provider = try ScriptedProvider()
        provider.list(["gpt-4o", "gpt-4o-mini"])
        provider.answer(Scenario.chat, inOrder: scripts.isEmpty ? [whole] : scripts)
        return provider
    }

    static func mistral(_ scripts: Script...) throws -> ScriptedProvider {
        let provider = try ScriptedProvider()
        provider.list(["codestral-2508"])
        provider.answer(Scenario.chat, inOrder: scripts.isEmpty ? [whole] : scripts)
        return provider
    }

    func list(_ models: [String]) {
        answer("/v1/models", with: Self.list(models))
    }

    static func list(_ models: [String]) -> Script {
        .json(#"{"data":[\#(models.map { #"{"id":"\#($0)","object":"model"}"# }.joined(separator: ","))]}"#)
    }

    /// The requests to models, that is, all but those for lists.
    var calls: [ReceivedRequest] { requests.filter { $0.method == "POST" } }
    var lists: Int { requests.count { $0.method == "GET" } }

    /// Waits until there have been `count` calls in total.
    func blockForCalls(_ count: Int) throws {
        while calls.count < count { _ = try blockForRequest() }
    }
}
