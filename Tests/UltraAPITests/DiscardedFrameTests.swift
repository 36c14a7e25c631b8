import Testing

@testable import UltraAPI

@Suite("A frame that is not kept")
struct DiscardedFrameTests {
    private static func id(of text: String, pieces: Int) -> Int? {
        let bytes = Array(text.utf8)
        var frame = DiscardedFrame(length: bytes.count)
        var taken = 0
        while taken < bytes.count {
            let piece = Array(bytes[taken..<min(taken + pieces, bytes.count)])
            taken += piece.withUnsafeBytes { frame.receive($0) }
        }
        return frame.missingByteCount == 0 ? frame.id : -1
    }

    @Test(
        "the id is found wherever it stands, and nothing else is taken for it",
        arguments: [
            (#"{"id":7,"op":"generate"}"#, 7),
            (#"{"op":"generate","prompt":"a \"id\":5, {","id": 12 }"#, 12),
            (#"{"a":{"id":1},"b":[{"id":2}],"c":"id","id":9007199254740991}"#, 9_007_199_254_740_991),
            (#"{ "ids" : 1 , "i" : 2, "id" : 3 }"#, 3),
            (#"{"idd":1,"x\"id":2,"\u0069d":4,"id":5}"#, 5),
            (#"{"id":"7","op":"x"}"#, nil), (#"{"id":-7}"#, nil), (#"{"id":7.5}"#, nil), (#"{"id":7e2}"#, nil),
            (#"{"id":99999999999999999999999}"#, nil), (#"{"id":[7]}"#, nil), (#"{"id":{"id":7}}"#, nil),
            (#"["id",7]"#, nil), (#"{"a":"id","b":7}"#, nil), ("{}", nil),
        ] as [(String, Int?)])
    func finds(text: String, id: Int?) {
        for pieces in [1, 2, 3, 7, 1000] { #expect(Self.id(of: text, pieces: pieces) == id, "\(text) by \(pieces)") }
    }

    @Test("the decoder drops it, reports its id, and goes on with the next one", arguments: [1, 5, 64, 4096])
    func decoder(size: Int) throws {
        func framed(_ text: String) -> [UInt8] {
            withUnsafeBytes(of: UInt32(text.utf8.count).bigEndian) { Array($0) } + Array(text.utf8)
        }
        let long = #"{"prompt":""# + String(repeating: "x", count: 20_000) + #"","id":42}"#
        let stream = framed("{}") + framed(long) + framed(#"{"id":2}"#)
        var decoder = FrameDecoder()
        var found: [String] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            Array(stream[start..<min(start + size, stream.count)]).withUnsafeBytes { decoder.append($0) }
            while true {
                if let id = decoder.takeDiscarded() { found.append("dropped \(id)") }
                guard let length = try decoder.nextLength() else { break }
                if length > 10_000 {
                    decoder.discard()
                    continue
                }
                guard let frame = try decoder.next() else { break }
                found.append(String(decoding: frame, as: UTF8.self))
            }
        }
        #expect(found == ["{}", "dropped 42", #"{"id":2}"#])
        #expect(!decoder.hasPartialFrame)
    }

    @Test("a long frame that is expected is handed over whole, whatever the reads", arguments: [1000, 4096, 65_536])
    func expected(size: Int) throws {
        let text = #"{"a":""# + String(repeating: "y", count: 300_000) + #""}"#
        let stream = withUnsafeBytes(of: UInt32(text.utf8.count).bigEndian) { Array($0) } + Array(text.utf8)
        var decoder = FrameDecoder()
        var sent = 0
        var frame: [UInt8]?
        while frame == nil, sent < stream.count {
            let count = min(size, decoder.missingOfLongFrame ?? size, stream.count - sent)
            Array(stream[sent..<sent + count]).withUnsafeBytes { decoder.append($0) }
            sent += count
            if let length = try decoder.nextLength() { decoder.expect(length) }
            frame = try decoder.next()
        }
        #expect(frame.map { String(decoding: $0, as: UTF8.self) } == text)
        #expect(sent == stream.count && !decoder.hasPartialFrame)
    }
}
