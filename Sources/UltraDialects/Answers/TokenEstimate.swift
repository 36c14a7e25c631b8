package import UltraAPI

/// Tokens of a text by its length, for formats that demand a number where the provider gave none.
package enum TokenEstimate {
    /// UTF-8 bytes of a token, about.
    package static let bytesPerToken = 4
    /// An image or a document.
    package static let attachmentTokens = 1000

    /// Rounded up.
    package static func tokens(bytes: Int) -> Int {
        bytes / bytesPerToken + (bytes % bytesPerToken > 0 ? 1 : 0)
    }

    /// Of all text, schemas, arguments and attachments of `request`.
    package static func input(_ request: Request) -> Int {
        var bytes = 0
        var attachments = 0
        for message in request.messages {
            for part in message.parts {
                switch part {
                case .text(let text), .reasoning(let text, _): bytes += text.utf8.count
                case .imageURL, .imageData, .document: attachments += 1
                case .cacheMarker: break
                }
            }
            for call in message.toolCalls { bytes += call.name.utf8.count + call.arguments.utf8.count }
        }
        for tool in request.tools {
            bytes += tool.name.utf8.count + (tool.description?.utf8.count ?? 0) + (tool.parameters?.bytes.count ?? 0)
        }
        if case .schema(_, let schema, _) = request.responseFormat { bytes += schema.bytes.count }
        return tokens(bytes: bytes) + attachments * attachmentTokens
    }

    package static func input(_ request: EmbedRequest) -> Int {
        tokens(bytes: request.input.reduce(0) { $0 + $1.utf8.count })
    }
}
