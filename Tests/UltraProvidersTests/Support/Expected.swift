import Foundation
import Testing

@testable import UltraProviders

/// The answer written down for a recording, in `Expected/<name>.json`.
struct Expected {
    let events: [NSDictionary]
    let error: NSDictionary?

    init(_ name: String) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appendingPathComponent("Expected/\(name).json"))
        let file = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        events = try #require(file["events"] as? [NSDictionary])
        error = file["error"] as? NSDictionary
    }

    /// Records every difference.
    func check(_ outcome: Outcome, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let found = outcome.events.map { $0.written as NSDictionary }
        for (index, pair) in zip(found, events).enumerated() where pair.0 != pair.1 {
            Issue.record("\(name), event \(index): \(pair.0) is not \(pair.1)", sourceLocation: sourceLocation)
            return
        }
        #expect(found.count == events.count, "\(name)", sourceLocation: sourceLocation)
        #expect((outcome.error?.written).map { $0 as NSDictionary } == error, "\(name)", sourceLocation: sourceLocation)
    }
}
