package import UltraAPI

/// A prefix on reasoning signatures that names the provider that issued them: `anthropic:EqQB…`.
///
/// A conversation may continue with another provider, which could refuse a request for a signature it did not issue.
/// Clients therefore receive tagged signatures. A provider gets back only its own signatures, byte for byte, without
/// the tag.
package enum SignatureTag {
    /// The request with `provider`'s signatures untagged and all others removed; nil if nothing needs to change. A
    /// signature without a tag stays: the client has it from elsewhere, and the adapter checks its form.
    package static func own(_ request: Request, of provider: String) -> Request? {
        guard request.messages.contains(where: \.isSigned) else { return nil }
        var request = request
        for index in request.messages.indices where request.messages[index].isSigned {
            request.messages[index].keepSignatures(of: provider)
        }
        return request
    }

    static func tagged(_ signature: String, _ provider: String) -> String { "\(provider):\(signature)" }

    /// The signature without its tag; nil if another provider issued it.
    static func untagged(_ signature: String, _ provider: String) -> String? {
        guard let colon = signature.utf8.firstIndex(of: UInt8(ascii: ":")) else { return signature }
        let tag = signature[..<colon]
        guard tag != provider else { return String(signature[signature.utf8.index(after: colon)...]) }
        // Only a tag has just these characters before a colon: JSON begins with others, and base64 has no colon.
        let isTag = tag.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte)
                || (0x61...0x7A).contains(byte)
        }
        return isTag ? nil : signature
    }
}

extension AnswerEvent {
    /// True for the kinds of event that can carry a signature.
    package var isSignable: Bool {
        switch self {
        case .reasoningSignature, .toolCall: true
        case .providerModel, .text, .reasoning, .usage, .finish, .warning: false
        }
    }

    /// Prefixes the event's signature, if there is one, with `provider`.
    package mutating func tagSignature(_ provider: String) {
        switch self {
        case .reasoningSignature(let signature):
            self = .reasoningSignature(SignatureTag.tagged(signature, provider))
        case .toolCall(var piece):
            guard let signature = piece.signature else { return }
            piece.signature = SignatureTag.tagged(signature, provider)
            self = .toolCall(piece)
        case .providerModel, .text, .reasoning, .usage, .finish, .warning:
            break
        }
    }
}

extension Message {
    fileprivate var isSigned: Bool {
        toolCalls.contains { $0.signature != nil }
            || parts.contains { if case .reasoning(_, _?) = $0 { true } else { false } }
    }

    fileprivate mutating func keepSignatures(of provider: String) {
        for index in parts.indices {
            guard case .reasoning(let text, let signature?) = parts[index] else { continue }
            parts[index] = .reasoning(text: text, signature: SignatureTag.untagged(signature, provider))
        }
        for index in toolCalls.indices {
            guard let signature = toolCalls[index].signature else { continue }
            toolCalls[index].signature = SignatureTag.untagged(signature, provider)
        }
    }
}
