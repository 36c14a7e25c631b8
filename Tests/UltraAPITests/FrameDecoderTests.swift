import Testing

@testable import UltraAPI

@Suite struct FrameDecoderTests {
    private static func frame(_ text: String) -> [UInt8] {
        withUnsafeBytes(of: UInt32(text.utf8.count).bigEndian) { Array($0) } + Array(text.utf8)
    }

    private static func append(_ bytes: some Collection<UInt8>, to decoder: inout FrameDecoder) {
        Array(bytes).withUnsafeBytes { decoder.append($0) }
    }

    private static func frames(_ decoder: inout FrameDecoder) throws(FrameError) -> [String] {
        var frames: [String] = []
        while let frame = try decoder.next() { frames.append(String(decoding: frame, as: UTF8.self)) }
        return frames
    }

    private static let texts = ["{}", #"{"id":1,"op":"ping"}"#, String(repeating: "é", count: 150), "[]"]

    @Test("finds the frames wherever the reads fall")
    func everySplit() throws {
        let stream = Self.texts.flatMap(Self.frame)
        for split in 0...stream.count {
            var decoder = FrameDecoder()
            Self.append(stream[..<split], to: &decoder)
            var found = try Self.frames(&decoder)
            Self.append(stream[split...], to: &decoder)
            found += try Self.frames(&decoder)
            #expect(found == Self.texts, "split at \(split)")
            #expect(!decoder.hasPartialFrame)
        }
    }

    @Test("finds the frames in reads of any size", arguments: [1, 2, 3, 5, 7, 64, 1000])
    func chunks(size: Int) throws {
        let stream = Self.texts.flatMap(Self.frame)
        var decoder = FrameDecoder()
        var found: [String] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            Self.append(stream[start..<min(start + size, stream.count)], to: &decoder)
            found += try Self.frames(&decoder)
        }
        #expect(found == Self.texts)
    }

    @Test("refuses a length as soon as it is known", arguments: [0, 1, 101, 1 << 24, Int(UInt32.max)])
    func lengths(length: Int) {
        var decoder = FrameDecoder(maxFrameBytes: 100)
        withUnsafeBytes(of: UInt32(length).bigEndian) { decoder.append($0) }
        #expect(throws: FrameError.length(length)) { try decoder.next() }
        Self.append(Self.frame("{}"), to: &decoder)
        #expect(throws: FrameError.length(length)) { try decoder.next() }
    }

    @Test("takes lengths up to the limit", arguments: [2, 99, 100])
    func limit(length: Int) throws {
        let text = String(repeating: "x", count: length)
        var decoder = FrameDecoder(maxFrameBytes: 100)
        Self.append(Self.frame(text), to: &decoder)
        #expect(try Self.frames(&decoder) == [text])
    }

    @Test(
        "knows other protocols by their first bytes", arguments: ["GET / HTTP/1.1\r\n", "POST /v1", "PRI * HTTP/2.0"])
    func otherProtocols(text: String) throws {
        var decoder = FrameDecoder(maxFrameBytes: Int(UInt32.max))
        Self.append(text.utf8.prefix(3), to: &decoder)
        #expect(try decoder.next() == nil)
        Self.append(text.utf8.dropFirst(3), to: &decoder)
        #expect(throws: FrameError.otherProtocol) { try decoder.next() }
    }

    @Test("after a first frame the same bytes are but a length")
    func otherProtocolLater() throws {
        var decoder = FrameDecoder()
        Self.append(Self.frame("{}") + Array("GET /".utf8), to: &decoder)
        #expect(try decoder.next() == Array("{}".utf8))
        #expect(throws: FrameError.length(0x4745_5420)) { try decoder.next() }
    }

    @Test("distinguishes a partial frame from no frame")
    func partial() throws {
        var decoder = FrameDecoder()
        #expect(!decoder.hasPartialFrame)
        Self.append([0], to: &decoder)
        #expect(decoder.hasPartialFrame)
        Self.append([0, 0, 2, 0x7B], to: &decoder)
        #expect(try decoder.next() == nil)
        #expect(decoder.hasPartialFrame)
        Self.append([0x7D], to: &decoder)
        #expect(try decoder.next() == [0x7B, 0x7D])
        #expect(!decoder.hasPartialFrame)
    }
}
