import UltraAPI

/// A user message: paragraphs from the command line, standard input and text files, then images.
struct Prompt {
    private(set) var text = ""
    private(set) var images: [(mediaType: String, base64: String)] = []

    var isEmpty: Bool { text.isEmpty && images.isEmpty }

    /// Appends a paragraph after an empty line; an empty paragraph changes nothing.
    mutating func append(_ paragraph: String) {
        guard !paragraph.isEmpty else { return }
        if !text.isEmpty { text += text.hasSuffix("\n") ? "\n" : "\n\n" }
        text += paragraph
    }

    /// Appends the text of standard input.
    ///
    /// - Throws: `.usage` if it is not UTF-8 text.
    mutating func append(standardInput file: InputFile) throws(Failure) {
        guard let piped = file.text else { throw .usage("standard input is not UTF-8 text") }
        append(piped)
    }

    mutating func append(image base64: String, mediaType: String) {
        images.append((mediaType, base64))
    }

    /// Adds an image, or appends a text between `<file>` tags with its name.
    ///
    /// - Throws: `.usage` if the file is neither.
    mutating func append(attachment file: InputFile) throws(Failure) {
        if let mediaType = file.imageType {
            append(image: Base64.encode(file.bytes), mediaType: mediaType)
        } else if let content = file.text {
            let end = content.hasSuffix("\n") || content.isEmpty ? "" : "\n"
            append("<file name=\"\(file.lastComponent)\">\n\(content)\(end)</file>")
        } else {
            throw Self.unusable(file)
        }
    }

    static func unusable(_ file: InputFile) -> Failure {
        .usage("\(file.name): neither UTF-8 text nor a PNG, JPEG, GIF or WebP image")
    }

    /// Writes the field `prompt`, or `messages` if there are images.
    func write(to writer: inout JSONWriter) {
        guard !images.isEmpty else { return writer.field("prompt", text) }
        writer.key("messages")
        writer.beginArray()
        writeMessage(to: &writer)
        writer.endArray()
    }

    /// Writes it as one message with the role `user`.
    func writeMessage(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("role", "user")
        if images.isEmpty {
            writer.field("content", text)
        } else {
            writer.key("content")
            writeParts(to: &writer)
        }
        writer.endObject()
    }

    private func writeParts(to writer: inout JSONWriter) {
        writer.beginArray()
        if !text.isEmpty {
            writer.beginObject()
            writer.field("type", "text")
            writer.field("text", text)
            writer.endObject()
        }
        for image in images {
            writer.beginObject()
            writer.field("type", "image")
            writer.field("media_type", image.mediaType)
            writer.field("data", image.base64)
            writer.endObject()
        }
        writer.endArray()
    }
}

/// Base64 with the standard alphabet and padding (RFC 4648, section 4).
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { text in
            var written = 0
            for start in stride(from: 0, to: bytes.count, by: 3) {
                let count = min(3, bytes.count - start)
                var group = UInt32(bytes[start]) << 16
                if count > 1 { group |= UInt32(bytes[start + 1]) << 8 }
                if count > 2 { group |= UInt32(bytes[start + 2]) }
                for sextet in 0..<4 {
                    let isPadding = sextet > count
                    text[written] =
                        isPadding ? UInt8(ascii: "=") : alphabet[Int(group >> (18 - 6 * UInt32(sextet)) & 63)]
                    written += 1
                }
            }
            return written
        }
    }
}
