/// One turn of a conversation.
package struct Message: Sendable, Equatable {
    package enum Role: String, Sendable {
        case system, user, assistant, tool
    }

    package var role: Role
    package var parts: [Part]
    /// Calls an assistant turn made.
    package var toolCalls: [ToolCall]
    /// The call a tool turn answers.
    package var toolCallID: String?

    package init(_ role: Role, _ parts: [Part], toolCalls: [ToolCall] = [], toolCallID: String? = nil) {
        self.role = role
        self.parts = parts
        self.toolCalls = toolCalls
        self.toolCallID = toolCallID
    }
}

/// A piece of a message's content.
package enum Part: Sendable, Equatable {
    case text(String)
    case imageURL(String)
    /// `base64` as it came: standard alphabet, padded.
    case imageData(mediaType: String, base64: String)
    /// Reasoning returned earlier; the signature round-trips byte for byte.
    case reasoning(text: String, signature: String?)
}

/// A complete call of a tool by a model. `arguments` is JSON text as the model wrote it, possibly invalid.
package struct ToolCall: Sendable, Equatable {
    package var id: String
    package var name: String
    package var arguments: String

    package init(id: String, name: String, arguments: String) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}
