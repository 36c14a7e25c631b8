import Testing

@testable import UltraAPI

/// Frames of hostile clients: each gives a value or an error, nothing traps, and the decoder never loses its place.
@Suite struct HostileFrameTests {
    private static let seeds: [String] = [
        #"{"id":1,"op":"ping"}"#, #"{"op":"cancel","target":5,"id":2,"timeout_ms":1}"#,
        #"{"id":3,"op":"stream","model":"openai/gpt-4o","messages":[{"role":"user","content":[{"type":"text","text":"é\n"},"#
            + #"{"type":"image","media_type":"image/png","data":"AAEC"}]},{"role":"assistant","content":null,"#
            + #""tool_calls":[{"id":"c","name":"f","arguments":"{}"}]},{"role":"tool","tool_call_id":"c","content":"4"}],"#
            + #""max_tokens":9,"temperature":0.5,"stop":["x"],"tools":[{"name":"f","parameters":{"type":"object"}}],"#
            + #""tool_choice":{"name":"f"},"response_format":{"name":"s","schema":{}},"reasoning":{"effort":"low"},"#
            + #""fallback":["a"],"timeouts_ms":{"idle":5},"tags":["t"],"provider_options":{"openai":{}}}"#,
        #"{"id":4,"op":"models","available":true,"provider":"x","tag":"y","capability":"z"}"#,
        #"{"id":7,"op":"embed","model":"a","input":["x","y"],"dimensions":8,"purpose":"query"}"#,
        #"{"id":8,"op":"probe","model":"a/b","deep":true}"#, #"{"id":9,"op":"subscribe","topics":["health"]}"#,
        #"{"id":5,"op":"hello","protocol":1,"client":"c/1"}"#,
        #"{"id":6,"op":"generate","prompt":"\ud83d\ude00","system":"s"}"#,
        #"{"id":7,"op":"embed","model":"a/b","input":["x","y"]}"#, #"{"id":8,"op":"probe","provider":"x","deep":true}"#,
        #"{"id":9,"op":"subscribe","topics":["health","registry"]}"#,
        #"{"id":9,"op":"usage","since":"7d","group_by":["tag"],"filter":{"user":0,"model":"a"}}"#,
    ]

    /// Reads a frame as the daemon does; returns true if the frame was understood.
    private static func take(_ bytes: [UInt8]) -> Bool {
        do {
            let frame = try RequestFrame(bytes)
            switch frame.operation {
            case .generate, .stream: _ = try Request(frame)
            case .hello: _ = try frame.hello()
            case .cancel: _ = try frame.cancelTarget()
            case .embed: _ = try EmbedRequest(frame)
            case .probe: _ = try frame.probeTarget()
            case .subscribe: _ = try frame.topics()
            case .models: _ = try frame.modelFilter()
            case .usage: _ = try UsageRequest(frame)
            case .ping, .status, .metrics, .reload, .cacheClear: break
            }
            return true
        } catch {
            return false
        }
    }

    @Test("100,000 damaged frames are answered or refused")
    func damaged() throws {
        var generator = SeededGenerator(seed: 7)
        var decoder = FrameDecoder(maxFrameBytes: 1 << 16)
        var understood = 0
        for round in 0..<100_000 {
            var body = Array(Self.seeds[round % Self.seeds.count].utf8)
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let index = Int.random(in: 0..<body.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: body[index] = UInt8.random(in: 0...255, using: &generator)
                case 1 where body.count > 2: body.remove(at: index)
                case 2: body.swapAt(index, Int.random(in: 0..<body.count, using: &generator))
                default: body.insert(body[Int.random(in: 0..<body.count, using: &generator)], at: index)
                }
            }
            let prefix = withUnsafeBytes(of: UInt32(body.count).bigEndian) { Array($0) }
            let split = Int.random(in: 0...body.count, using: &generator)
            (prefix + body[..<split]).withUnsafeBytes { decoder.append($0) }
            let early = try decoder.next()
            Array(body[split...]).withUnsafeBytes { decoder.append($0) }
            let frame = try early ?? decoder.next()
            #expect(frame == body)
            understood += Self.take(frame ?? []) ? 1 : 0
        }
        // A quarter of the frames is undamaged; of the others many are refused.
        #expect((25_000..<90_000).contains(understood))
        #expect(!decoder.hasPartialFrame)
    }

    @Test("random bytes end in an error or in a request for more bytes")
    func noise() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<20_000 {
            var decoder = FrameDecoder(maxFrameBytes: 300)
            for _ in 0..<3 {
                let noise = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                    generator.chance(2) ? 0 : UInt8.random(in: 0...255, using: &generator)
                }
                noise.withUnsafeBytes { decoder.append($0) }
                while let frame = try? decoder.next() {
                    #expect((2...300).contains(frame.count))
                    _ = Self.take(frame)
                }
            }
        }
    }
}
