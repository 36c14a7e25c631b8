import Foundation
import ScriptedProvider
import Testing

/// Every recorded reply of every provider, damaged and played to the daemon. Replies of other APIs than Chat
/// Completions count as damaged from the start.
@Suite("Recordings", .enabled(if: Recording.areAvailable, "no recordings: set ULTRA_RECORDINGS"))
struct RecordingTests {
    /// The distance between cuts in bytes: a prime, so that cuts fall everywhere in some recording. `ULTRA_CUT_STEP=1`
    /// cuts at every byte, which takes a million requests.
    static let step = ProcessInfo.processInfo.environment["ULTRA_CUT_STEP"].flatMap { Int($0) } ?? 1009

    private static func request(_ id: Int, isStream: Bool) -> String {
        #"{"id":\#(id),"op":"\#(isStream ? "stream" : "generate")",\#(RelayTests.request)"#
    }

    /// All frames of request `id`; a frame of an earlier request was sent after its terminal frame.
    private static func frames(_ client: Client, _ id: Int) throws -> [Frame] {
        var frames: [Frame] = []
        while let frame = try client.next() {
            guard frame.id == id else { throw ClientError(what: "a frame of \(frame.id) in answer to \(id)") }
            frames.append(frame)
            if frame.isTerminal { return frames }
        }
        throw ClientError(what: "no terminal frame for \(id)")
    }

    /// The part of an answer that must not depend on where the reads end.
    private static func summary(_ frames: [Frame]) -> [String] {
        let last = frames.last
        let usage = last?["usage"] as? [String: Any] ?? [:]
        return [
            last?.event ?? "", last?.code ?? "", last?.error["message"] as? String ?? "",
            frames.compactMap(\.text).joined(), frames.compactMap { $0["reasoning"] as? String }.joined(),
            last?["finish_reason"] as? String ?? "", usage.map { "\($0): \($1)" }.sorted().joined(separator: ", "),
        ]
    }

    /// The recorded replies without error: an error of a provider keeps the daemon from asking it again.
    private static func answers() throws -> [(name: String, recording: Recording)] {
        try Recording.names().map { ($0, try Recording($0)) }.filter { $0.recording.status == 200 }
    }

    @Test("cut anywhere, streamed or unary, each reply ends in one terminal frame")
    func cut() async throws {
        let provider = try ScriptedProvider(.json(#"{"data":[]}"#))
        let daemon = try await DaemonInProcess(forgiving: provider)
        let client = try daemon.client()
        var id = 0
        for (name, recording) in try Self.answers() {
            let script = recording.script()
            for offset in stride(from: id % Self.step, to: recording.body.count, by: Self.step) {
                provider.answer(RelayTests.path, with: script.cut(at: offset, resets: offset % 2 == 1))
                id += 1
                client.send(Self.request(id, isStream: id % 3 != 0))
                let last = try Self.frames(client, id).last
                if offset == 0 { #expect(last?.event == "error", "\(name)") }
            }
        }
        #expect(id > 800)
        #expect(provider.requests.count { $0.path == RelayTests.path } == id)
        print("\(id) cut recordings, each with one terminal frame")
    }

    @Test("split at every byte, each reply gives the same answer as in one piece", arguments: [true, false])
    func split(isStream: Bool) async throws {
        let provider = try ScriptedProvider(.json(#"{"data":[]}"#))
        let daemon = try await DaemonInProcess(forgiving: provider)
        let client = try daemon.client()
        var id = 0
        func answer(_ script: Script) throws -> [String] {
            provider.answer(RelayTests.path, with: script)
            id += 1
            client.send(Self.request(id, isStream: isStream))
            return Self.summary(try Self.frames(client, id))
        }
        // Long recordings take seconds and repeat the same kinds of events.
        for (name, recording) in try Self.answers() where recording.body.count <= 4000 || Self.step == 1 {
            let script = recording.script()
            #expect(try answer(script.split(.every(1))) == answer(script), "\(name)")
        }
        #expect(id > 100)
        #expect(provider.requests.count { $0.path == RelayTests.path } == id)
    }

    @Test("an error of a provider gives one terminal frame, whether whole, cut or split")
    func errors() async throws {
        for name in Recording.names() {
            let recording = try Recording(name)
            guard recording.status != 200, recording.body.count > 0 else { continue }
            let script = recording.script()
            for script in [script, script.split(.every(1)), script.cut(at: recording.body.count / 2)] {
                let provider = try ScriptedProvider(.json(#"{"data":[]}"#))
                provider.answer(RelayTests.path, with: script)
                let client = try await DaemonInProcess(forgiving: provider).client()
                client.send(Self.request(1, isStream: true))
                #expect(try Self.frames(client, 1).map(\.event) == ["error"], "\(name)")
            }
        }
    }
}
