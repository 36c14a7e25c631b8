/// The topics of a subscription. The raw values are the protocol's words.
package enum FeedTopic: String, CaseIterable, Sendable {
    case health, registry, requests
}

/// An `event` frame of a subscription.
package struct WatchEvent: Sendable, Equatable {
    package enum Content: Sendable, Equatable {
        case health(HealthEvent)
        case registry(RegistryEvent)
        case requests(RequestEvent)
        /// Content of a topic that this version does not know.
        case other
    }

    package var topic = ""
    package var content = Content.other
    /// The JSON text of the member `data`.
    package var data = ""

    package init(_ reader: inout JSONReader) throws(JSONError) {
        var raw: [UInt8] = []
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "topic": topic = try reader.string()
            case "data": raw = try reader.rawJSON().bytes
            default: try reader.skip()
            }
        }
        guard !raw.isEmpty else { return }
        data = String(decoding: raw, as: UTF8.self)
        content = try JSONReader.read(raw) { (reader) throws(JSONError) in
            switch FeedTopic(rawValue: topic) {
            case .health: .health(try HealthEvent(&reader))
            case .registry: .registry(try RegistryEvent(&reader))
            case .requests: .requests(try RequestEvent(&reader))
            case nil: .other
            }
        }
    }
}

/// The `snapshot` frame at the beginning of a subscription.
package struct WatchSnapshot: Sendable, Equatable {
    package var data = SnapshotReport()

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "data": data = try SnapshotReport(&reader)
            default: try reader.skip()
            }
        }
    }
}
