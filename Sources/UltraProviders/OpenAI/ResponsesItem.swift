import UltraAPI

/// An output item of the Responses API: a message, a tool call or reasoning. Other items are ignored.
struct ResponsesItem {
    enum MessagePart {
        case text(String)
        case refusal(String)
    }

    private(set) var message: [MessagePart] = []
    private var type: String?
    private(set) var id: String?
    private var callID: String?
    private var name: String?
    private var arguments = ""
    private var encrypted: String?
    private var summary: [String] = []
    private var thoughts: [String] = []

    init(_ json: UnsafeRawBufferPointer) throws(JSONError) {
        var content: UnsafeRawBufferPointer?
        var reader = JSONReader(reply: json)
        guard try reader.kind() == .object else { return }
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "type": type = try reader.text()
            case "id": id = try reader.text()
            case "call_id": callID = try reader.text()
            case "name": name = try reader.text()
            case "arguments": arguments = try reader.text() ?? ""
            case "encrypted_content": encrypted = try reader.stringOrNull()
            case "content" where try reader.kind() == .array: content = try reader.raw()
            case "summary" where try reader.kind() == .array: summary = try Self.texts(&reader)
            default: try reader.skip()
            }
        }
        guard let content else { return }
        var inner = JSONReader(reply: content)
        switch type {
        case "message": message = try Self.message(&inner)
        case "reasoning": thoughts = try Self.texts(&inner)
        default: break
        }
    }

    /// The tool call of the item; nil if it is another kind of item.
    func call(_ form: CallAssembly.Form, key: Int?) -> CallAssembly.Piece? {
        guard type == "function_call" else { return nil }
        return CallAssembly.Piece(form: form, key: key, id: callID ?? id, name: name, arguments: arguments)
    }

    /// The parts of the summary, or of the full reasoning if there is no summary.
    var reasoning: (kind: ResponsesEvent.Place.Kind, texts: [String]) {
        guard type == "reasoning" else { return (.summary, []) }
        return summary.contains { !$0.isEmpty } ? (.summary, summary) : (.content, thoughts)
    }

    /// The item in the form to be sent back; nil if there is nothing to send back.
    var signature: String? {
        guard type == "reasoning", let encrypted, !encrypted.isEmpty else { return nil }
        return ReasoningItem(id: id, encryptedContent: encrypted).signature
    }

    /// All content of the item, in the order in which it is delivered.
    /// - Parameter key: the item's index in the output, which numbers its call.
    func content(_ form: CallAssembly.Form, key: Int) -> [ReplyContent.Part] {
        var parts: [ReplyContent.Part] = message.map { part in
            switch part {
            case .text(let text): .text(text)
            case .refusal(let text): .refusal(text)
            }
        }
        let thought = reasoning.texts.filter { !$0.isEmpty }.joined(separator: ResponsesAdapter.separator)
        if !thought.isEmpty { parts.append(.reasoning(thought)) }
        if let signature { parts.append(.signature(signature, id: id)) }
        if let call = call(form, key: key) { parts.append(.call(call)) }
        return parts
    }

    /// Decodes `[{"type":"output_text","text":…}]`, with `refusal` instead of `text` in a refusal.
    private static func message(_ reader: inout JSONReader) throws(JSONError) -> [MessagePart] {
        var parts: [MessagePart] = []
        try reader.beginArray()
        while try reader.nextElement() {
            // A part of an unknown type still counts for the numbering.
            var part = MessagePart.text("")
            if try reader.kind() == .object {
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "text":
                        if let text = try reader.stringOrNull(), !text.isEmpty { part = .text(text) }
                    case "refusal":
                        if let text = try reader.stringOrNull(), !text.isEmpty { part = .refusal(text) }
                    default: try reader.skip()
                    }
                }
            } else {
                try reader.skip()
            }
            parts.append(part)
        }
        return parts
    }

    /// Decodes the parts of reasoning: `[{"type":"summary_text","text":…}]`.
    private static func texts(_ reader: inout JSONReader) throws(JSONError) -> [String] {
        var texts: [String] = []
        try reader.beginArray()
        while try reader.nextElement() {
            var text = ""
            if try reader.kind() == .object {
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "text": text = try reader.text() ?? ""
                    default: try reader.skip()
                    }
                }
            } else {
                try reader.skip()
            }
            texts.append(text)
        }
        return texts
    }
}

/// A `reasoning` item of a response. It is carried to the next request as the signature of the reasoning.
struct ReasoningItem: Equatable {
    var id: String?
    /// The model's reasoning, encrypted by the provider.
    var encryptedContent: String

    init(id: String?, encryptedContent: String) {
        self.id = id
        self.encryptedContent = encryptedContent
    }

    /// Fails for a signature of another API.
    init?(signature: String) {
        var id: String?
        var content: String?
        do throws(JSONError) {
            try JSONReader.read(Array(signature.utf8)) { (reader) throws(JSONError) in
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "id": id = try reader.stringOrNull()
                    case "encrypted_content": content = try reader.stringOrNull()
                    default: try reader.skip()
                    }
                }
                try reader.end()
            }
        } catch {
            return nil
        }
        guard let content, !content.isEmpty else { return nil }
        self.init(id: id, encryptedContent: content)
    }

    /// The item as JSON: `{"id":"rs_…","encrypted_content":"…"}`.
    var signature: String {
        var json = JSONWriter()
        json.beginObject()
        json.fieldIfPresent("id", id)
        json.field("encrypted_content", encryptedContent)
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
