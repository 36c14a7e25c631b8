internal import UltraAPI

/// An item of a response's `output`.
struct ResponseItem: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case message, reasoning
        /// - Parameter id: `call_id`.
        case function(id: String, name: String, namespace: String?)
        case custom(id: String, name: String)
    }

    let kind: Kind
    let id: String
    /// Text, reasoning, arguments, or the input of a custom tool.
    var text = ""
    var signature: String?

    /// - Parameter suffix: Makes the item's id unique among all requests.
    init(_ block: AnswerBlocks.Kind, _ calls: ResponsesCallForm, suffix: String) {
        switch block {
        case .text:
            kind = .message
            id = "msg_" + suffix
        case .reasoning:
            kind = .reasoning
            id = "rs_" + suffix
        case .call(let call, let name) where calls.customTools.contains(name):
            kind = .custom(id: call, name: name)
            id = "ctc_" + suffix
        case .call(let call, let name):
            let names = calls.split(name)
            kind = .function(id: call, name: names?.name ?? name, namespace: names?.namespace)
            id = "fc_" + suffix
        }
    }

    /// - Parameter isDone: False for an item that has just begun, which has no content.
    func write(isDone: Bool, includesSignature: Bool, to json: inout JSONWriter) {
        json.beginObject()
        let status: StaticString = isDone ? "completed" : "in_progress"
        switch kind {
        case .message:
            head("message", status, &json)
            json.field("role", "assistant")
            json.key("content")
            json.beginArray()
            if isDone { Self.writeTextPart(text, to: &json) }
            json.endArray()
        case .reasoning:
            head("reasoning", nil, &json)
            json.key("summary")
            json.beginArray()
            if isDone, !text.isEmpty { Self.writeSummaryPart(text, to: &json) }
            json.endArray()
            if isDone, includesSignature { json.fieldIfPresent("encrypted_content", signature) }
        case .function(let call, let name, let namespace):
            head("function_call", status, &json)
            json.field("call_id", call)
            json.field("name", name)
            json.fieldIfPresent("namespace", namespace)
            json.field("arguments", isDone ? text : "")
        case .custom(let call, let name):
            head("custom_tool_call", status, &json)
            json.field("call_id", call)
            json.field("name", name)
            json.field("input", isDone ? text : "")
        }
        json.endObject()
    }

    private func head(_ type: StaticString, _ status: StaticString?, _ json: inout JSONWriter) {
        json.key("type")
        json.string(type)
        json.field("id", id)
        guard let status else { return }
        json.key("status")
        json.string(status)
    }

    static func writeTextPart(_ text: String, to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "output_text")
        json.field("text", text)
        json.key("annotations")
        json.beginArray()
        json.endArray()
        json.key("logprobs")
        json.beginArray()
        json.endArray()
        json.endObject()
    }

    static func writeSummaryPart(_ text: String, to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "summary_text")
        json.field("text", text)
        json.endObject()
    }
}
