import Testing

@testable import ultractl

struct Base64Tests {
    // RFC 4648, section 10.
    @Test(
        "pads as the RFC's examples",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func padding(_ text: String, _ encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
    }

    @Test("uses the standard alphabet to its end")
    func alphabet() {
        #expect(Base64.encode([0xFB, 0xEF, 0xFF, 0xFF, 0xFF]) == "++////8=")
    }
}
