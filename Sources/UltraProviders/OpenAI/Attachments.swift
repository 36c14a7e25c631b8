import UltraAPI

/// The attachments that an API accepts in a conversation. Any other attachment is an error before anything is sent,
/// because without it the model would answer a different question.
struct Attachments {
    /// The roles whose messages may have attachments.
    var roles: Set<Message.Role> = [.user]
    var files = Dialect.Files.none

    /// Checks every attachment of a conversation.
    /// - Throws: `capability_missing` for the first one that the API does not accept.
    func check(_ messages: [Message], _ omitted: Omissions) throws(UltraError) {
        for message in messages {
            for part in message.parts {
                switch part {
                case .text, .reasoning, .cacheMarker: continue
                case .imageURL, .imageData: break
                case .document(let document): try check(document, omitted)
                }
                guard roles.contains(message.role) else {
                    throw omitted.capabilityMissing(
                        "takes no images or documents in \(message.role.rawValue) messages",
                        hint: "put them into a user message")
                }
            }
        }
    }

    private func check(_ document: Document, _ omitted: Omissions) throws(UltraError) {
        switch (document.source, files) {
        case (_, .none):
            throw omitted.capabilityMissing(
                "takes no documents", hint: "send the document's text, or its pages as images")
        case (.url, .pdf):
            throw omitted.capabilityMissing("takes documents as data, not by URL", hint: "send the document itself")
        case (.data(let mediaType, _), .pdf), (.data(let mediaType, _), .pdfOrURL):
            guard mediaType.lowercased() == "application/pdf" else {
                throw omitted.capabilityMissing(
                    "takes PDF documents only, not \(mediaType)", hint: "send the document's text, or a PDF")
            }
        case (.url, .pdfOrURL), (_, .any):
            break
        }
    }
}

extension Document {
    /// The document's name, or a default. Some providers rely on its extension.
    var fileName: String {
        if let name { return name }
        guard case .data(let mediaType, _) = source else { return "document" }
        switch mediaType.lowercased() {
        case "application/pdf": return "document.pdf"
        case let type where type.hasPrefix("text/"): return "document.txt"
        default: return "document"
        }
    }
}
