import Testing

@testable import ultractl

struct PromptTests {
    @Test(
        "images are recognised by their first bytes",
        arguments: [
            ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0], "image/png"),
            ([0xFF, 0xD8, 0xFF, 0xE0], "image/jpeg"),
            (Array("GIF87a…".utf8), "image/gif"), (Array("GIF89a…".utf8), "image/gif"),
            (Array("RIFF\0\0\0\0WEBPVP8".utf8), "image/webp"), (Array("RIFF\0\0\0\0WAVEfmt".utf8), nil),
            (Array("GIF88a".utf8), nil), ([0x89, 0x50], nil), ([], nil),
        ] as [([UInt8], String?)])
    func images(_ bytes: [UInt8], _ mediaType: String?) throws {
        let folder = try TemporaryFolder()
        #expect(try InputFile(path: folder.write("image", bytes)).imageType == mediaType)
    }

    @Test(
        "one empty line separates paragraphs",
        arguments: [
            (["a", "b"], "a\n\nb"), (["a\n", "b"], "a\n\nb"), (["", "b"], "b"), (["a", "", "c"], "a\n\nc"), ([], ""),
        ])
    func paragraphs(_ paragraphs: [String], _ text: String) {
        var prompt = Prompt()
        for paragraph in paragraphs { prompt.append(paragraph) }
        #expect(prompt.text == text)
    }
}
