internal import UltraAPI

/// The members of an item of `input`, before their combination is checked.
struct ResponsesItem {
    enum Role: String, CaseIterable {
        case user, assistant, system, developer
    }

    private(set) var type: String?
    private(set) var role: Role?
    /// `content` of a message.
    private(set) var parts: [Part] = []
    private(set) var id: String?
    private(set) var callID: String?
    private(set) var name: String?
    private(set) var namespace: String?
    private(set) var arguments: String?
    private(set) var input: String?
    /// The JSON text of an object.
    private(set) var action: String?
    private(set) var output: [Part] = []
    /// The text of `summary`, or if that is empty, of `content` of reasoning.
    var reasoning: String { summary.isEmpty ? reasoningText : summary }
    private var summary = ""
    private var reasoningText = ""
    private(set) var encryptedContent: String?

    init(_ fields: inout RequestFields) throws(UltraError) {
        try fields.object("an item: {\"type\",…}") { (fields, key) throws(UltraError) in
            guard try !fields.skipNull() else { return }
            switch key {
            case "type": type = try fields.string()
            case "role": role = try fields.choice(Role.allCases)
            case "content": (parts, reasoningText) = try Self.content(&fields)
            case "id": id = try fields.string()
            case "call_id": callID = try fields.name("the id of a call", .callIDBytes)
            case "name": name = try fields.name("the name of a tool", .toolNameBytes)
            case "namespace": namespace = try fields.name("the name of a namespace", .toolNameBytes)
            case "arguments" where try fields.isNext(.string): arguments = try fields.string()
            case "input" where try fields.isNext(.string): input = try fields.string()
            case "action" where try fields.isNext(.object):
                action = String(decoding: try fields.rawObject().bytes, as: UTF8.self)
            case "output" where try !fields.isNext(.object): output = try Self.content(&fields).parts
            case "summary": summary = try Self.content(&fields).reasoning
            case "encrypted_content": encryptedContent = try fields.string()
            default: try fields.skip()
            }
        }
    }

    /// Reads a string or parts; text of reasoning is kept apart.
    private static func content(
        _ fields: inout RequestFields
    ) throws(UltraError) -> (parts: [Part], reasoning: String) {
        guard try !fields.isNext(.string) else { return ([.text(try fields.string())], "") }
        var parts: [Part] = []
        var reasoning: [String] = []
        try fields.array("a string or an array of parts") { (fields, _) throws(UltraError) in
            let members = try Members(&fields)
            switch members.type {
            case "summary_text", "reasoning_text": reasoning.append(members.text ?? "")
            default: parts.append(try members.part(fields))
            }
        }
        return (parts, reasoning.joined(separator: "\n\n"))
    }

    private struct Members {
        private(set) var type: String?
        private(set) var text: String?
        private var imageURL: String?
        private var fileData: String?
        private var fileURL: String?
        private var fileName: String?

        init(_ fields: inout RequestFields) throws(UltraError) {
            try fields.object("a part: {\"type\",…}") { (fields, key) throws(UltraError) in
                guard try !fields.skipNull() else { return }
                switch key {
                case "type": type = try fields.string()
                case "text", "refusal": text = try fields.string()
                case "image_url": imageURL = try fields.string()
                case "file_data": fileData = try fields.string()
                case "file_url": fileURL = try fields.string()
                case "filename": fileName = try fields.string()
                case "file_id":
                    throw fields.cannotBeHad("ultrad keeps no files", hint: "send its data in place of file_id")
                default: try fields.skip()
                }
            }
        }

        func part(_ fields: RequestFields) throws(UltraError) -> Part {
            switch type {
            case "input_text", "output_text", "text", "refusal":
                guard let text else { throw fields.expected("a string", at: "text") }
                return .text(text)
            case "input_image":
                guard let url = imageURL, !url.isEmpty else { throw fields.expected("a URL", at: "image_url") }
                guard DataURL.isOne(url) else { return .imageURL(url) }
                guard let data = DataURL(url) else { throw notBase64(fields, "image_url") }
                return .imageData(mediaType: data.mediaType, base64: data.base64)
            case "input_file":
                if let fileURL, !fileURL.isEmpty { return .document(Document(.url(fileURL), name: fileName)) }
                guard let fileData, let data = DataURL(fileData) else { throw notBase64(fields, "file_data") }
                return .document(Document(.data(mediaType: data.mediaType, base64: data.base64), name: fileName))
            case "input_audio":
                throw fields.cannotBeHad("audio cannot be sent", hint: "send text, images or documents")
            default:
                throw fields.expected(
                    #"one of "input_text", "output_text", "refusal", "input_image", "input_file""#, at: "type")
            }
        }

        private func notBase64(_ fields: RequestFields, _ member: StaticString) -> UltraError {
            fields.expected("data:TYPE;base64,DATA with valid base64", at: member)
        }
    }
}
