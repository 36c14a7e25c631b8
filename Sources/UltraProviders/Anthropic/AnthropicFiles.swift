import UltraAPI

/// Conversion of images and documents to blocks.
enum AnthropicFiles {
    static func image(_ url: String, _ omitted: Omissions) throws(UltraError) -> AnthropicBlock {
        return AnthropicBlock(.image(.url(try fetched(url, omitted))))
    }

    static func image(
        _ mediaType: String, _ base64: String, _ omitted: Omissions
    ) throws(UltraError) -> AnthropicBlock {
        guard ["image/jpeg", "image/png", "image/gif", "image/webp"].contains(mediaType) else {
            throw omitted.capabilityMissing("takes JPEG, PNG, GIF and WebP images only")
        }
        return AnthropicBlock(.image(.base64(mediaType: mediaType, data: base64)))
    }

    static func document(_ document: Document, _ omitted: Omissions) throws(UltraError) -> AnthropicBlock {
        let title = document.name == "" ? nil : document.name
        switch document.source {
        case .url(let url):
            return AnthropicBlock(.document(.url(try fetched(url, omitted)), title: title))
        case .data(let mediaType, let base64):
            return AnthropicBlock(.document(try source(mediaType, base64, omitted), title: title))
        }
    }

    /// The source of a document: PDF as base64, any text format as plain text.
    private static func source(
        _ mediaType: String, _ base64: String, _ omitted: Omissions
    ) throws(UltraError) -> AnthropicBlock.Source {
        let type = mediaType.lowercased().prefix { $0 != ";" }
        if type == "application/pdf" { return .base64(mediaType: "application/pdf", data: base64) }
        guard type.hasPrefix("text/") || type == "application/json" || type == "application/xml" else {
            throw omitted.capabilityMissing("takes PDF and text documents only")
        }
        guard let bytes = Base64.decoded(base64), let text = String(validating: bytes, as: UTF8.self) else {
            throw omitted.badRequest("a text document is not base64 of UTF-8")
        }
        return .text(text)
    }

    private static func fetched(_ url: String, _ omitted: Omissions) throws(UltraError) -> String {
        guard url.lowercased().hasPrefix("https://") else {
            throw omitted.capabilityMissing(
                "fetches https URLs only", hint: "send the file itself, as media_type and data")
        }
        return url
    }
}
