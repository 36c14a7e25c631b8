package import UltraAPI

/// Estimates token counts from text length, for answer formats that require a count the provider did not give.
package enum TokenEstimate {
    /// Average UTF-8 bytes per token.
    package static let bytesPerToken = 4
    /// Tokens counted for one image or document.
    package static let attachmentTokens = 1000

    /// Tokens of `bytes` bytes of UTF-8 text, rounded up.
    package static func tokens(bytes: Int) -> Int {
        bytes / bytesPerToken + (bytes % bytesPerToken > 0 ? 1 : 0)
    }

    /// Input tokens of `request`: its text, tool schemas, call arguments and attachments.
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

    /// Input tokens of `request`: its texts.
    package static func input(_ request: EmbedRequest) -> Int {
        tokens(bytes: request.input.reduce(0) { $0 + $1.utf8.count })
    }
}
