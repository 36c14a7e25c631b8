import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

struct CohereDocumentTests {
    @Test(
        "a text survives its base64, whatever its length",
        arguments: ["a", "ab", "abc", "äöü", "日本 \u{1F600}\n", "?>~"])
    func text(text: String) {
        let base64 = Data(text.utf8).base64EncodedString()
        let document = CohereDocument(Document(.data(mediaType: "text/markdown", base64: base64), name: "n"))
        #expect(document?.text == text)
        #expect(document?.title == "n")
    }

    @Test("every byte survives its base64")
    func bytes() {
        let bytes = [UInt8](0...255)
        #expect(Base64.decoded(Data(bytes).base64EncodedString()) == bytes)
        #expect(Base64.decoded("AAA") == nil)
        #expect(Base64.decoded("A-_=") == nil)
    }
}
