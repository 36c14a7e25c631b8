/// One turn of a conversation.
package struct Message: Sendable, Equatable {
    package enum Role: String, Sendable {
        case system, user, assistant, tool
    }

    package var role: Role
    package var parts: [Part]
    /// Calls an assistant turn made.
    package var toolCalls: [ToolCall]
    /// How many of `parts` stand before each of `toolCalls`, never fewer than before the call that precedes it; empty:
    /// the calls stand behind all parts.
    package var callPlaces: [Int] = []
    /// The call a tool turn answers.
    package var toolCallID: String?

    package init(_ role: Role, _ parts: [Part], toolCalls: [ToolCall] = [], toolCallID: String? = nil) {
        self.role = role
        self.parts = parts
        self.toolCalls = toolCalls
        self.toolCallID = toolCallID
    }
}

extension Message {
    /// A part or a call of an assistant turn.
    package enum Element: Sendable, Equatable {
        case part(Part)
        case call(ToolCall)
    }

    /// Parts and calls in the order they were said.
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

/// A piece of a message's content.
package enum Part: Sendable, Equatable {
    case text(String)
    case imageURL(String)
    /// `base64` as it came: standard alphabet, padded.
    case imageData(mediaType: String, base64: String)
    case document(Document)
    /// Reasoning returned earlier; the signature round-trips byte for byte.
    case reasoning(text: String, signature: String?)
    /// `cache_control` of the part before it, as the client wrote it: what stands before may be kept by the provider.
    case cacheMarker(RawJSON)
}

/// A file for the model to read, such as a PDF.
package struct Document: Sendable, Equatable {
    package enum Source: Sendable, Equatable {
        case url(String)
        /// `base64` as it came: standard alphabet, padded.
        case data(mediaType: String, base64: String)
    }

    package var source: Source
    /// The file's name, where the client gave it.
    package var name: String?

    package init(_ source: Source, name: String? = nil) {
        self.source = source
        self.name = name
    }
}

/// A complete call of a tool by a model. `arguments` is JSON text as the model wrote it, possibly invalid.
package struct ToolCall: Sendable, Equatable {
    package var id: String
    package var name: String
    package var arguments: String
    /// Opaque proof that the provider wants back with the call, byte for byte.
    package var signature: String?

    package init(id: String, name: String, arguments: String, signature: String? = nil) {
        self.id = id
        self.name = name
        self.arguments = arguments
        self.signature = signature
    }
}
