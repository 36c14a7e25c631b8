import Foundation
import ScriptedProvider

/// The JSON of a request that a provider received, read by places such as `messages.0.content`.
struct ReceivedJSON {
    private let value: Any

    init(_ request: ReceivedRequest) throws {
        value = try JSONSerialization.jsonObject(with: Data(request.body))
    }

    /// The JSON at `place`, its members sorted by name; `absent` if there is none.
    subscript(place: String) -> String {
        var found: Any? = value
        for step in place.split(separator: ".") {
            if let array = found as? [Any] {
                found = Int(step).flatMap { array.indices.contains($0) ? array[$0] : nil }
            } else {
                found = (found as? [String: Any])?[String(step)]
            }
        }
        guard let found,
            let data = try? JSONSerialization.data(
                withJSONObject: found, options: [.sortedKeys, .withoutEscapingSlashes, .fragmentsAllowed])
        else { return "absent" }
        return String(decoding: data, as: UTF8.self)
    }
}
