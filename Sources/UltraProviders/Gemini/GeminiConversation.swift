import UltraAPI

/// A conversation in the form that Gemini requires: the system instruction separate, turns of user and model only, the
/// user's first, none empty, and after a turn of calls exactly one result per call, in the same order.
struct GeminiConversation {
    /// The reason why a conversation cannot be converted.
    enum Flaw: Error, Equatable {
        case callWithoutResult(String)
        case resultWithoutCall(String)
        case endsWithModelTurn
        case mediaOutsideUserMessage(Message.Role)
        case urlRefused
    }

    /// The placeholder that Google documents for calls without a signature, such as those that another provider's model
    /// made.
    static let skipsSignatureValidation = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="

    private(set) var system = ""
    private(set) var contents: [GeminiContent] = []

    private let rules: GeminiRules
    private let isVertex: Bool
    /// The calls of the last turn, each with its result once that was added.
    private var calls: [(call: ToolCall, result: GeminiContent.Part?)] = []
    /// The index in `calls` by call id.
    private var places: [String: Int] = [:]
    /// Every call before this index has a result.
    private var firstOpen = 0

    init(_ messages: [Message], rules: GeminiRules, isVertex: Bool = false) throws(Flaw) {
        self.rules = rules
        self.isVertex = isVertex
        for message in messages {
            switch message.role {
            case .system: try appendSystem(message)
            case .user: try appendUser(message)
            case .assistant: try appendAssistant(message)
            case .tool: try addResult(message)
            }
        }
        try endResults()
        if contents.last?.role == .model, !rules.takesModelTurnLast { throw .endsWithModelTurn }
        if contents.first?.role != .user { contents.insert(Self.blank, at: 0) }
        if !system.isEmpty, !rules.takesSystemInstruction {
            contents[0].parts.insert(.text(system), at: 0)
            system = ""
        }
    }

    /// A user turn for places where the API requires one; it refuses empty turns.
    private static let blank = GeminiContent(role: .user, parts: [.text(" ")])

    private mutating func appendSystem(_ message: Message) throws(Flaw) {
        for part in message.parts {
            switch part {
            case .text(let text): system += system.isEmpty ? text : "\n\n" + text
            case .imageURL, .imageData, .document: throw .mediaOutsideUserMessage(.system)
            case .reasoning, .cacheMarker: break
            }
        }
    }

    private mutating func appendUser(_ message: Message) throws(Flaw) {
        try endResults()
        var parts: [GeminiContent.Part] = []
        for part in message.parts {
            if let part = try translated(part) { parts.append(part) }
        }
        if contents.last.map({ $0.role == .user && !$0.holdsResults }) ?? false {
            contents[contents.count - 1].parts += parts
        } else {
            contents.append(parts.isEmpty ? Self.blank : GeminiContent(role: .user, parts: parts))
        }
    }

    private mutating func appendAssistant(_ message: Message) throws(Flaw) {
        // Calls in consecutive messages form one turn, and all their results follow it.
        if calls.contains(where: { $0.result != nil }) { try endResults() }
        var parts: [GeminiContent.Part] = []
        var signature: String?
        for element in message.elements {
            let part: Part
            switch element {
            case .part(let found): part = found
            case .call(let call):
                if signature != nil { parts.append(.text("", signature: signature)) }
                signature = nil
                parts.append(translated(call))
                continue
            }
            if case .reasoning(_, let proof) = part {
                // Thoughts need not be sent back, but the signature must: on the text that follows it in the answer.
                guard let proof, Self.isSignature(proof) else { continue }
                if signature != nil { parts.append(.text("", signature: signature)) }
                signature = proof
            } else if let part = try translated(part) {
                if case .text(let text, _) = part, signature != nil {
                    parts.append(.text(text, signature: signature))
                    signature = nil
                } else {
                    parts.append(part)
                }
            }
        }
        if signature != nil { parts.append(.text("", signature: signature)) }
        guard !parts.isEmpty else { return }
        if contents.last?.role == .model {
            contents[contents.count - 1].parts += parts
        } else {
            contents.append(GeminiContent(role: .model, parts: parts))
        }
    }

    private mutating func translated(_ call: ToolCall) -> GeminiContent.Part {
        var signature = call.signature.flatMap { Self.isSignature($0) ? $0 : nil }
        if signature == nil, calls.isEmpty, rules.needsCallSignatures { signature = Self.skipsSignatureValidation }
        if places[call.id] == nil { places[call.id] = calls.count }
        calls.append((call, nil))
        return .call(id: id(of: call), name: call.name, arguments: call.object, signature: signature)
    }

    /// Adds a result. It names its call by id; without an id it belongs to the first call without a result.
    private mutating func addResult(_ message: Message) throws(Flaw) {
        let id = message.toolCallID ?? ""
        while firstOpen < calls.count, calls[firstOpen].result != nil { firstOpen += 1 }
        let index = id.isEmpty ? (firstOpen < calls.count ? firstOpen : nil) : places[id]
        guard let index, calls[index].result == nil else { throw .resultWithoutCall(id) }
        var texts: [String] = []
        var media: [GeminiContent.Inline] = []
        for part in message.parts {
            switch try translated(part) {
            case .text(let text, _)?: texts.append(text)
            case .inline(let inline)? where rules.takesMediaInResults: media.append(inline)
            case nil: break
            default: throw .mediaOutsideUserMessage(.tool)
            }
        }
        let call = calls[index].call
        calls[index].result = .result(
            id: self.id(of: call), name: call.name, response: Self.response(texts.joined(separator: "\n")),
            media: media)
    }

    private mutating func endResults() throws(Flaw) {
        guard !calls.isEmpty else { return }
        var parts: [GeminiContent.Part] = []
        for (call, result) in calls {
            guard let result else { throw .callWithoutResult(call.id) }
            parts.append(result)
        }
        calls = []
        places = [:]
        firstOpen = 0
        contents.append(GeminiContent(role: .user, parts: parts, holdsResults: true))
    }

    private func id(of call: ToolCall) -> String? {
        rules.takesCallIDs && !call.id.isEmpty ? call.id : nil
    }

    /// Converts a part; nil if it is not sent.
    private func translated(_ part: Part) throws(Flaw) -> GeminiContent.Part? {
        switch part {
        case .text(let text): return text.isEmpty ? nil : .text(text)
        case .imageData(let mediaType, let base64): return .inline(.init(mediaType: mediaType, base64: base64))
        case .imageURL(let url): return try GeminiFile.part(url, takesAny: rules.takesURLs, isVertex: isVertex)
        case .document(let document):
            switch document.source {
            case .data(let mediaType, let base64): return .inline(.init(mediaType: mediaType, base64: base64))
            case .url(let url): return try GeminiFile.part(url, takesAny: rules.takesURLs, isVertex: isVertex)
            }
        case .reasoning, .cacheMarker: return nil
        }
    }
}

extension GeminiConversation {
    /// The tool's result as a JSON object. An object is sent unchanged, anything else as its member `result`.
    static func response(_ text: String) -> RawJSON {
        let bytes = Array(text.utf8)
        // The API interprets a member `$ref` as a file name, so send such an object as text.
        let isText = text.holds("\"$ref\"")
        if !isText, isPlain(bytes, UInt8(ascii: "{")) { return RawJSON(validated: bytes) }
        var json = JSONWriter()
        json.beginObject()
        if !isText, isPlain(bytes, UInt8(ascii: "[")) {
            json.field("result", RawJSON(validated: bytes))
        } else {
            json.field("result", text)
        }
        json.endObject()
        return RawJSON(validated: json.bytes)
    }

    /// True if `bytes` are JSON that begins with `first` and reaches the model unchanged: of two members with the same
    /// name only one would. JSON of more values than a request may have is sent as text.
    private static func isPlain(_ bytes: [UInt8], _ first: UInt8) -> Bool {
        guard bytes.first(where: { !$0.isJSONWhitespace }) == first else { return false }
        do throws(JSONError) {
            try JSONReader.read(bytes, maxValues: RequestBound.values.most, duplicateKeys: .reject) {
                (reader) throws(JSONError) in
                try reader.skip()
                try reader.end()
            }
            return true
        } catch {
            return false
        }
    }

    /// True if `text` can be a signature of this API: standard or URL-safe base64. Others come from another provider
    /// and would be refused.
    static func isSignature(_ text: String) -> Bool {
        let body = text.utf8.reversed().drop { $0 == UInt8(ascii: "=") }
        return !body.isEmpty && text.utf8.count - body.count <= 2
            && body.allSatisfy { byte in
                (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
                    || "+/-_".utf8.contains(byte)
            }
    }
}
