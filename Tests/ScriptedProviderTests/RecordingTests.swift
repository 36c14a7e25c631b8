import ScriptedProvider
import Testing

// Recordings are not part of the package: they are 188 files under other projects' licences.
@Suite(.enabled(if: Recording.areAvailable, "no recordings: set ULTRA_RECORDINGS"))
struct RecordingTests {
    @Test("a recorded stream is played byte for byte, in chunks, up to the cut")
    func play() throws {
        let recording = try Recording("openai/chat_stream-01")
        let provider = try ScriptedProvider(recording.script(chunkBytes: 7).cut(at: 20))
        let client = try PlainClient(port: provider.port)
        try client.post("/v1/chat/completions")
        let (text, ending) = client.read()
        let whole = String(decoding: recording.body, as: UTF8.self)
        let pieces = [whole.prefix(7), whole.dropFirst(7).prefix(7), whole.dropFirst(14).prefix(6)]
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(text.hasSuffix("\r\n\r\n7\r\n\(pieces[0])\r\n7\r\n\(pieces[1])\r\n6\r\n\(pieces[2])\r\n"))
        #expect(ending == .end)
    }

    @Test("every recording can be read", arguments: Recording.names())
    func read(name: String) throws {
        let recording = try Recording(name)
        #expect((200..<600).contains(recording.status))
        #expect(!recording.body.isEmpty)
    }
}
