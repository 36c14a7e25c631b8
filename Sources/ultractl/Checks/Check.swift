import UltraAPI

/// A check of one capability: a request to a model, and a condition on its answer. The raw values are the names shown.
enum Check: String, CaseIterable {
    case generate, stream, tools, json
    case jsonSchema = "json_schema"
    case vision, reasoning, embeddings

    /// A red square of 32 × 32 pixels, as PNG in Base64.
    private static let redSquare =
        "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAIAAAD8GO2jAAAAJ0lEQVR42u3NsQkAAAjAsP7/tF7hIASy"
        + "p6lTCQQCgUAgEAgEgi/BAjLD/C5w/SM9AAAAAElFTkSuQmCC"

    /// The value of `max_tokens`: every check needs few tokens, and slow local models may not stop by themselves.
    static let tokenLimit = 256
    /// The value of `max_tokens` for a model that reasons, which counts against it.
    static let reasoningTokenLimit = 1024

    /// The checks of the capabilities that a model claims.
    ///
    /// The mock claims all capabilities, so that programs can be tested with it, but only generates and streams.
    static func claimed(by model: ModelReport) -> [Check] {
        if model.kind == "embeddings" { return [.embeddings] }
        let claims = Set(model.capabilities ?? [])
        return allCases.filter { check in
            switch check {
            case .generate: true
            case .stream: claims.contains("streaming")
            default: claims.contains(check.rawValue) && model.provider != "mock"
            }
        }
    }

    var op: String {
        switch self {
        case .stream: "stream"
        case .embeddings: "embed"
        default: "generate"
        }
    }

    static func tokenLimit(of model: ModelReport) -> Int {
        model.capabilities?.contains("reasoning") == true ? reasoningTokenLimit : tokenLimit
    }

    /// The fields of the request, which allow neither a fallback nor an answer from the cache.
    func fields(
        model: String, timeoutMilliseconds: Int, tokenLimit: Int = Check.tokenLimit
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("model", model)
        writer.field("timeout_ms", timeoutMilliseconds)
        if self == .embeddings {
            writer.field("input", RawJSON(validated: Array(#"["ready"]"#.utf8)))
        } else {
            writer.field("max_tokens", tokenLimit)
            writer.field("fallback", false)
            writer.field("cache", "off")
            writeQuestion(&writer)
        }
        writer.endObject()
        return writer.bytes
    }

    private func writeQuestion(_ writer: inout JSONWriter) {
        func raw(_ json: String) -> RawJSON { RawJSON(validated: Array(json.utf8)) }
        switch self {
        case .generate, .stream, .embeddings:
            writer.field("prompt", "Answer with the word ready.")
        case .tools:
            writer.field("prompt", "What is the weather in Paris? Call the tool.")
            writer.field(
                "tools",
                raw(
                    #"[{"name":"weather","description":"The weather of a city.","parameters":{"type":"object","#
                        + #""properties":{"city":{"type":"string"}},"required":["city"]}}]"#))
            writer.field("tool_choice", "required")
        case .json:
            writer.field("prompt", #"Answer with this JSON object and nothing else: {"ready":true}"#)
            writer.field("response_format", "json")
        case .jsonSchema:
            writer.field("prompt", "Are you ready?")
            writer.field(
                "response_format",
                raw(
                    #"{"name":"readiness","strict":true,"schema":{"type":"object","additionalProperties":false,"#
                        + #""properties":{"ready":{"type":"boolean"}},"required":["ready"]}}"#))
        case .vision:
            var prompt = Prompt()
            prompt.append("Which colour is this square? One word.")
            prompt.append(image: Self.redSquare, mediaType: "image/png")
            prompt.write(to: &writer)
        case .reasoning:
            writer.field("prompt", "Which is more, 9.9 or 9.11? Answer with the number.")
            writer.field("reasoning", raw(#"{"effort":"low"}"#))
        }
    }

    /// Describes why the answer fails the check; `nil`: it passes.
    ///
    /// - Parameter streamed: the text of all `delta` events.
    func complaint(about answer: borrowing Event, streamed: String) -> String? {
        let text = answer.string("text") ?? ""
        switch self {
        case .generate, .reasoning: return text.isEmpty ? "the answer is empty" : nil
        case .stream: return streamed.isEmpty ? "nothing was streamed" : nil
        case .tools:
            guard answer.string("tool_calls.0.name") == "weather" else { return "the model did not call the tool" }
            let arguments = answer.string("tool_calls.0.arguments") ?? ""
            return Self.isObject(arguments) ? nil : "the arguments of the tool call are not a JSON object"
        case .json: return Self.isObject(text) ? nil : "the answer is not a JSON object"
        case .jsonSchema:
            var isReady: Bool?
            let isObject = Self.isObject(text) { (key, reader) throws(JSONError) in
                if key == "ready" { isReady = try reader.bool() } else { try reader.skip() }
            }
            return isObject && isReady != nil ? nil : "the answer does not follow the schema"
        case .vision:
            return text.lowercased().contains("red") ? nil : "the model does not name the colour of a red square"
        case .embeddings: return answer.number("embeddings.0.0") == nil ? "the answer has no vector" : nil
        }
    }

    private static func isObject(
        _ text: String,
        _ member: (String, inout JSONReader) throws(JSONError) -> Void = { (_, reader) throws(JSONError) in
            try reader.skip()
        }
    ) -> Bool {
        do {
            return try JSONReader.read(Array(text.utf8)) { (reader) throws(JSONError) in
                guard try reader.kind() == .object else { return false }
                try reader.members { (key, reader) throws(JSONError) in try member(String(key), &reader) }
                try reader.end()
                return true
            }
        } catch {
            return false
        }
    }
}
