package import UltraAPI

/// One of Ollama's two requests to a model.
package protocol OllamaOperation: Sendable {
    /// True for `/api/chat`, which has messages; false for `/api/generate`, which has a prompt.
    static var isChat: Bool { get }
}

package enum OllamaChat: OllamaOperation {
    package static let isChat = true
}

package enum OllamaGenerate: OllamaOperation {
    package static let isChat = false
}

/// A request of Ollama's `/api/chat` or `/api/generate`, translated.
///
/// Members that only Ollama's servers understand, such as `keep_alive`, are passed to them as provider options, and are
/// dropped with a warning for other providers.
package struct OllamaRequest<Operation: OllamaOperation>: DialectRequest, Equatable {
    /// Without messages, the client only wants the model to be loaded or unloaded.
    package var request: Request
    package var isStream = true
    /// The model as the client wrote it; answers repeat it, since clients compare it.
    package var name = ""
    /// True if the model is to be unloaded after the answer.
    package var unloads = false
    package var warnings: [String] = []
    var warningsForOthers: [String] = []

    package init(_ body: [UInt8]) throws(UltraError) {
        var reading = try RequestBody.read(body) { (fields) throws(UltraError) in
            var reading = OllamaReading(isChat: Operation.isChat)
            try fields.object("a JSON object") { (fields, key) throws(UltraError) in
                try reading.member(key, &fields)
            }
            return reading
        }
        request = try reading.finish()
        name = request.model ?? ""
        isStream = reading.isStream
        unloads = reading.unloads
        warnings = reading.warnings.sentences
        warningsForOthers = reading.options.warningsForOthers
    }

    package func warnings(of provider: String) -> [String] {
        provider == OllamaMembers.provider ? warnings : warnings + warningsForOthers
    }

    package func writer(_ origin: AnswerOrigin) -> OllamaWriter {
        OllamaWriter(origin, name: name, isChat: Operation.isChat)
    }
}

/// Collects the members of a request in any order.
private struct OllamaReading {
    let isChat: Bool
    private var request = Request(messages: [])
    private var prompt: String?
    private var system: String?
    private var images: [Part] = []
    private(set) var isStream = true
    private(set) var unloads = false
    private(set) var options = OllamaMembers()
    private(set) var warnings = RequestWarnings()

    init(isChat: Bool) {
        self.isChat = isChat
    }

    mutating func member(_ key: JSONKey, _ fields: inout RequestFields) throws(UltraError) {
        guard try !fields.skipNull() else { return }
        switch key {
        case "model": request.model = try fields.name("the name of a model", .modelBytes)
        case "stream": isStream = try fields.bool()
        case "messages" where isChat: request.messages = try OllamaMessages.read(&fields, &warnings)
        case "tools" where isChat:
            try fields.array("an array of tools", .tools) { (fields, _) throws(UltraError) in
                try tool(&fields)
            }
        case "prompt" where !isChat: prompt = try fields.string()
        case "system" where !isChat: system = try fields.string()
        case "images" where !isChat: images = try OllamaMessages.images(&fields)
        case "suffix" where !isChat, "template" where !isChat:
            guard try fields.string().isEmpty else {
                throw fields.cannotBeHad("\(String(key)) cannot be had", hint: "leave it out")
            }
        case "raw" where !isChat:
            guard try !fields.bool() else { throw fields.cannotBeHad("raw cannot be had", hint: "leave it out") }
        case "context" where !isChat:
            throw fields.cannotBeHad("context cannot be had", hint: "send the conversation to /api/chat")
        case "format": try format(&fields)
        case "think": request.reasoning = try options.think(&fields, &warnings)
        case "keep_alive": unloads = try options.keepAlive(&fields)
        case "options": try options.read(&fields, &request.sampling, &warnings)
        case "logprobs":
            guard try !fields.bool() else {
                throw fields.cannotBeHad("logprobs cannot be had", hint: "leave it out")
            }
        case "top_logprobs":
            guard try fields.int(0...100) == 0 else {
                throw fields.cannotBeHad("top_logprobs cannot be had", hint: "leave it out")
            }
        default:
            warnings.leftOut(String(key))
            try fields.skip()
        }
    }

    private mutating func tool(_ fields: inout RequestFields) throws(UltraError) {
        var function: Tool?
        try fields.object("a tool: {\"type\",\"function\"}") { (fields, key) throws(UltraError) in
            switch key {
            case "function": function = try Tool(function: &fields)
            default: try fields.skip()
            }
        }
        guard let function else { throw fields.expected("a function: {\"name\",…}", at: "function") }
        request.tools.append(function)
    }

    /// Reads `"json"`, `""` or a schema.
    private mutating func format(_ fields: inout RequestFields) throws(UltraError) {
        guard try fields.isNext(.string) else {
            request.responseFormat = .schema(name: "answer", schema: try fields.schema(), strict: true)
            return
        }
        switch try fields.string() {
        case "": break
        case "json": request.responseFormat = .json
        default: throw fields.expected(#""json" or a JSON Schema object"#)
        }
    }

    mutating func finish() throws(UltraError) -> Request {
        guard request.model != nil else {
            throw UltraError(.invalidRequest, "model is missing", hint: "send the name of a model", field: "model")
        }
        if !isChat, let prompt, !prompt.isEmpty || !images.isEmpty {
            if let system, !system.isEmpty { request.messages.append(Message(.system, [.text(system)])) }
            request.messages.append(Message(.user, (prompt.isEmpty ? [] : [.text(prompt)]) + images))
        }
        if let own = options.providerOptions { request.providerOptions[OllamaMembers.provider] = own }
        return request
    }
}
