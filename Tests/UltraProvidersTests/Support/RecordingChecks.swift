import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

/// Properties of every recorded reply, whichever provider sent it.
struct RecordingChecks {
    let adapter: any Adapter

    private func outcome(_ recording: Recording, isStream: Bool, cuts: [Int] = []) -> Outcome {
        Outcome(adapter, isStream: isStream, head: recording.head, body: recording.body[...], cuts: cuts)
    }

    /// The reply gives the expected outcome.
    func expected(_ name: String, isStream: Bool) throws {
        try Expected(name).check(outcome(Recording(name), isStream: isStream), name)
    }

    /// The outcome does not depend on where the reads end.
    func splits(_ name: String) throws {
        let recording = try Recording(name)
        let whole = outcome(recording, isStream: true)
        for size in [1, 2, 3, 7, 64, 1000] {
            let cuts = Array(stride(from: size, to: recording.body.count, by: size))
            #expect(outcome(recording, isStream: true, cuts: cuts) == whole, "\(name) in reads of \(size)")
        }
        // The first size above splits at every byte; one split at a time takes time quadratic in the length.
        for cut in recording.body.indices.prefix(4000) {
            let found = outcome(recording, isStream: true, cuts: [cut])
            try #require(found == whole, "\(name) read up to byte \(cut)")
        }
    }

    /// Cut at any byte, the reply is complete only from `completeAt` on, and then gives the same outcome.
    ///
    /// - Parameter completeAt: The number of bytes of the body that hold everything but usage; nil: the reply is never
    ///   complete.
    func cuts(_ name: String, completeAt: (String) -> Int?) throws {
        let recording = try Recording(name)
        let whole = outcome(recording, isStream: true)
        let complete = completeAt(String(decoding: recording.body, as: UTF8.self)) ?? Int.max
        let answer = whole.events.filter { if case .usage = $0 { false } else { true } }
        var decoder = ReplyDecoder(adapter, isStream: true)
        decoder.receive(recording.head, now: 0)
        var events: [AnswerEvent] = []
        for cut in recording.body.indices {
            // The decoder is a value: a copy is told that the body ends here, the original goes on.
            var ended = decoder
            var found = events
            do throws(UltraError) {
                try ended.finish(into: &found)
                #expect(cut >= complete, "\(name) cut at \(cut) passed for complete")
                #expect(found.filter { if case .usage = $0 { false } else { true } } == answer)
            } catch {
                try #require(cut < complete || whole.error != nil, "\(name) cut at \(cut)")
                let code: ErrorCode = cut == 0 ? .upstreamProtocol : .streamTruncated
                try #require(error == whole.error || error.code == code, "\(name) cut at \(cut): \(error)")
                #expect(!found.contains { if case .finish = $0 { true } else { false } })
            }
            do throws(UltraError) {
                try recording.body[cut...cut].withUnsafeBufferPointer { (byte) throws(UltraError) in
                    try decoder.receive(UnsafeRawBufferPointer(byte), into: &events)
                }
            } catch {
                #expect(error == whole.error)
            }
        }
    }
}
