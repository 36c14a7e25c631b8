import Foundation
import ScriptedProvider
import Testing

/// Replies that are compressed although the request said that they should not be (RFC 9110, section 8.4).
@Suite("Compressed replies")
struct CompressedReplyTests {
    struct Coding: Sendable, CustomTestStringConvertible {
        let name: String
        /// An OpenAI answer whose text is "unpacked", in base64.
        let answer: String
        var testDescription: String { name }
    }

    private static let gzip =
        "H4sIAAAAAAACAxWLwQoCMQwF/+Wde/CcXxGR0EY3rCbLvgpC6b9bTzMwzIA3CCoK6pZejZDrgEezL+RS8DZSnwYZOPO1CCWdXaP/n4xuywSf"
        + "OLTu1jALHh7O7X6aMmM19jwwb/MHCTsubW0AAAA="
    private static let codings = [
        Coding(name: "gzip", answer: gzip), Coding(name: "x-gzip", answer: gzip),
        Coding(
            name: "deflate",
            answer:
                "eNoVi8EKAjEMBf/lnXvwnF8RkdBGN6wmy74KQum/W08zMMyANwgqCuqWXo2Q64BHsy/kUvA2Up8GGTjztQglnV2j/5+MbssEnzi07tYw"
                + "Cx4ezu1+mjJjNfY8MG/zB6cyJQ4="),
        Coding(
            name: "br",
            answer:
                "E2wAAAT+85b6yxfkn6qZGYJCQLqdTu6EB4OoFsjx2qIAOM/h85GIc+1z1kB0jPENyo7OomSgjRznF9HuXQcY+Xh12g/xd1qcg4jWdf1y"
                + "IESGJkoA"),
        Coding(
            name: "zstd",
            answer:
                "KLUv/QBoxQIAksYTEpDPAYvNyHG8+Di2mSdV1OR+SpnkT1n74lG2SbSwbrGpg3yU3DEz2ovXmGqUNZrardtcPD1Jj8XTMt0JHgTxm1Bs"
                + "x0O802mSnYOfi6N2HAEAfAMFBQ=="),
    ]
    /// The same text as a stream.
    private static let events =
        "H4sIAAAAAAACA63MsQrCMBCH8T1PIf85g/PNutYHKEWOu5MGw6WYFISSd7ej4CZdPz5+yo3ptCEpCIIImUsSq6Bxj672Bp0j1HJj0AYp3szb"
        + "Pq+OHvFInup8fxnX4iBfc+5TD0H/dheWp+mB9q+E2sqCL2u83IbrFMIHBNExlQ4BAAA="
    /// "the tokens of this minute are used up".
    private static let refusal =
        "H4sIAAAAAAACAyXMSwqAMAwFwKuErD1BL1MKPm3QfkjShZTeXcT9MJOh2pTD5AKzdIIDewZ5u1CN2kGexahIHQ5KChqGnUbnjf3pH9fkiLcU"
        + "8fhna70X5kg/VwAAAA=="
    /// Of "packed-model".
    private static let list =
        "H4sIAAAAAAACA6tWyk/KSk0uUbJSysksLlHSUUpJLElUsoquVspMAQoWJCZnp6bo5uanpOYAJeGKIQK1sbUASZyykEEAAAA="

    private static func packed(
        _ base64: String, _ coding: String = "gzip", status: Int = 200, type: String = "application/json"
    ) throws -> Script {
        let bytes = try #require(Data(base64Encoded: base64))
        return Script(
            status: status, headers: [("Content-Type", type), ("Content-Encoding", coding)], framing: .length,
            body: [.chunk([UInt8](bytes))])
    }

    @Test("an answer is read in every coding, although none is requested", arguments: codings)
    func answer(_ coding: Coding) throws {
        let openai = try ScriptedProvider.openAI(try Self.packed(coding.answer, coding.name))
        let scenario = try Scenario(["openai": openai])
        let answer = try scenario.generate(Scenario.gpt)
        #expect(answer.text == "unpacked", "\(answer.object)")
        #expect(openai.requests.allSatisfy { $0["accept-encoding"] == "identity" })
    }

    @Test("a stream, however it is cut, an error and a list are read as well", arguments: [1, 7, 4096])
    func others(pieces: Int) throws {
        let openai = try ScriptedProvider.openAI(
            try Self.packed(Self.events, type: "text/event-stream").split(.every(pieces)),
            try Self.packed(Self.refusal, status: 429))
        openai.answer("/v1/models", with: try Self.packed(Self.list))
        let scenario = try Scenario(["openai": openai], file: "[retry]\nper_candidate = 0\n")
        #expect(try scenario.state("openai/packed-model") == "available")
        let frames = try scenario.frames("stream", Scenario.fields("openai/packed-model"))
        #expect(frames.compactMap(\.text).joined() == "unpacked")
        #expect(frames.last?.event == "done")
        let error = try scenario.generate("openai/packed-model").error
        #expect(error["code"] as? String == "rate_limited")
        #expect((error["message"] as? String)?.contains("used up") == true)
    }

    /// Frames of zstd (RFC 8878) in which every block stands for 128 KiB of blanks.
    private static func blanks(blocks: Int) -> [UInt8] {
        let header: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38]
        let size = 128 << 10
        func block(isLast: Bool) -> [UInt8] {
            let value = size << 3 | 1 << 1 | (isLast ? 1 : 0)
            return [UInt8(value & 0xff), UInt8(value >> 8 & 0xff), UInt8(value >> 16), UInt8(ascii: " ")]
        }
        return header + (1..<blocks).flatMap { _ in block(isLast: false) } + block(isLast: true)
    }

    @Test(
        "a reply that expands too far, or beyond a limit, is refused in time",
        arguments: [true, false], [true, false])
    func bombs(isStream: Bool, isPadded: Bool) throws {
        // 1 GiB compressed to 32 KiB, or to 1 MiB with frames to skip, so that the ratio stays below its limit.
        var bytes: [UInt8] = []
        if isPadded {
            for _ in 0..<1024 {
                bytes += [0x50, 0x2a, 0x4d, 0x18, 0xe0, 0x0b, 0, 0] + [UInt8](repeating: 0, count: 3040)
                bytes += Self.blanks(blocks: 8)
            }
        } else {
            bytes = Self.blanks(blocks: 8192)
        }
        let bomb = Script(
            headers: [
                ("Content-Type", isStream ? "text/event-stream" : "application/json"), ("Content-Encoding", "zstd"),
            ], framing: .chunked, body: [.chunk(bytes)])
        let openai = try ScriptedProvider.openAI(bomb)
        let scenario = try Scenario(["openai": openai])
        let before = scenario.daemon.residentBytes
        let error = try scenario.ask(isStream ? "stream" : "generate", Scenario.fields(Scenario.gpt)).error
        // Any of the bounds may be met first: the ratio, the size, or the blanks before the first word.
        let codes = ["too_large", "upstream_protocol"]
        #expect(codes.contains(error["code"] as? String ?? ""), "\(error)")
        #expect(scenario.daemon.residentBytes - before < 128 << 20)
        #expect(try scenario.ask("ping", "").event == "result")
    }

    @Test("a body that is not in its declared coding is a protocol error")
    func lie() throws {
        let script = Script(
            headers: [("Content-Type", "application/json"), ("Content-Encoding", "gzip")], framing: .length,
            body: [.chunk(RelayTests.answer)])
        let scenario = try Scenario(["openai": try .openAI(script)], file: "[retry]\nper_candidate = 0\n")
        #expect(try scenario.generate(Scenario.gpt).code == "upstream_protocol")
    }
}
