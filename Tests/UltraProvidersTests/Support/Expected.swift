import Foundation
import Testing

/// The expected answer of a recording, in `Expected/<name>.json`.
struct Expected {
    let events: [NSDictionary]
    /// True if the file has neighbouring pieces of text and of reasoning joined, because the stream is too long to
    /// list.
    let isJoined: Bool
    let error: NSDictionary?

    /// - Parameter folder: `Expected` for recordings, which are elsewhere; `Fixtures` for fixtures, beside the reply.
    init(_ name: String, in folder: String = "Expected") throws {
        let tests = Recording.packageRoot.appendingPathComponent("Tests/UltraProvidersTests")
        let data = try Data(contentsOf: tests.appendingPathComponent("\(folder)/\(name).json"))
        let file = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        events = try #require(file["events"] as? [NSDictionary])
        isJoined = file["joined"] as? Bool ?? false
        error = file["error"] as? NSDictionary
    }

    /// Reports every difference as an issue.
    func check(_ outcome: Outcome, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let found = (isJoined ? outcome.joined : outcome.events).map { $0.written as NSDictionary }
        for (index, pair) in zip(found, events).enumerated() where pair.0 != pair.1 {
            Issue.record("\(name), event \(index): \(pair.0) is not \(pair.1)", sourceLocation: sourceLocation)
            return
        }
        #expect(found.count == events.count, "\(name)", sourceLocation: sourceLocation)
        #expect((outcome.error?.written).map { $0 as NSDictionary } == error, "\(name)", sourceLocation: sourceLocation)
    }
}
