/// One message of a conversation.
package struct Message: Sendable, Equatable {
    /// The author of a message.
    package enum Role: String, Sendable {
        case system, user, assistant, tool
    }

    package var role: Role
    package var parts: [Part]
    /// The tool calls of an assistant message.
    package var toolCalls: [ToolCall]
    /// For each of `toolCalls`, how many of `parts` precede it, in ascending order. Empty if all calls follow all
    /// parts.
    package var callPlaces: [Int] = []
    /// In a tool message, the call that it answers.
    package var toolCallID: String?

    package init(_ role: Role, _ parts: [Part], toolCalls: [ToolCall] = [], toolCallID: String? = nil) {
        self.role = role
        self.parts = parts
        self.toolCalls = toolCalls
        self.toolCallID = toolCallID
    }
}

extension Message {
    /// A part or a tool call of a message.
    package enum Element: Sendable, Equatable {
        case part(Part)
        case call(ToolCall)
    }

    /// Parts and tool calls in their original order.
    package var elements: [Element] {
        var elements: [Element] = []
        elements.reserveCapacity(parts.count + toolCalls.count)
        var next = 0
        for (index, part) in parts.enumerated() {
            while next < callPlaces.count, next < toolCalls.count, callPlaces[next] <= index {
                elements.append(.call(toolCalls[next]))
                next += 1
            }
            elements.append(.part(part))
        }
        for call in toolCalls[next...] { elements.append(.call(call)) }
        return elements
    }
}

/// One part of a message's content.
package enum Part: Sendable, Equatable {
    case text(String)
    case imageURL(String)
    /// `base64` is unchanged from the client: standard alphabet, padded.
    case imageData(mediaType: String, base64: String)
    case document(Document)
    /// Reasoning from an earlier answer. The provider needs the signature back byte for byte.
    case reasoning(text: String, signature: String?)
    /// The client's `cache_control` for the part before it, unchanged: the provider may cache the prompt up to here.
    case cacheMarker(RawJSON)
}

/// A document for the model to read, such as a PDF.
package struct Document: Sendable, Equatable {
    package enum Source: Sendable, Equatable {
        case url(String)
        /// `base64` is unchanged from the client: standard alphabet, padded.
        case data(mediaType: String, base64: String)
    }

    package var source: Source
    /// The file's name; nil if the client did not send one.
    package var name: String?

    package init(_ source: Source, name: String? = nil) {
        self.source = source
        self.name = name
    }
}

/// A complete tool call by a model.
package struct ToolCall: Sendable, Equatable {
    package var id: String
    package var name: String
    /// JSON text as the model wrote it; may be invalid JSON.
    package var arguments: String
    /// An opaque value that the provider needs back with the call, byte for byte.
    package var signature: String?

    package init(id: String, name: String, arguments: String, signature: String? = nil) {
        self.id = id
        self.name = name
        self.arguments = arguments
        self.signature = signature
    }
}
