package import UltraAPI

/// One page of the list of models in Anthropic's shape (Anthropic API, "List Models").
package enum AnthropicModelList {
    /// The answer to `GET /v1/models/ID`.
    package static func report(_ id: String) -> Report { Report { members(id, to: &$0) } }

    /// - Parameters:
    ///   - ids: The ids of all models, in the order of the list.
    ///   - page: The requested page.
    package static func report(_ ids: [String], _ page: AnthropicPage) -> Report {
        let (shown, hasMore) = page.part(of: ids)
        return Report { json in
            json.key("data")
            json.beginArray()
            for id in shown {
                json.beginObject()
                members(id, to: &json)
                json.endObject()
            }
            json.endArray()
            json.field("has_more", hasMore)
            json.fieldOrNull("first_id", shown.first)
            json.fieldOrNull("last_id", shown.last)
        }
    }

    private static func members(_ id: String, to json: inout JSONWriter) {
        json.field("type", "model")
        json.field("id", id)
        json.field("display_name", id)
        // The creation time is unknown.
        json.field("created_at", "1970-01-01T00:00:00Z")
    }
}

/// The members `limit`, `after_id` and `before_id` of the query of a list request.
package struct AnthropicPage: Sendable, Equatable {
    private var limit = 20
    private var after: String?
    private var before: String?

    /// - Throws: `invalid_request` if `limit` is not a number from 1 to 1000.
    package init(_ parameters: [(name: String, value: String)]) throws(UltraError) {
        for (name, value) in parameters {
            switch name {
            case "limit":
                guard let number = Int(value), (1...1000).contains(number) else {
                    throw UltraError(.invalidRequest, "limit must be an integer from 1 to 1000", field: "limit")
                }
                limit = number
            case "after_id": after = value
            case "before_id": before = value
            default: break
            }
        }
    }

    func part(of ids: [String]) -> (shown: [String], hasMore: Bool) {
        var rest = ids[...]
        if let before, let end = rest.firstIndex(of: before) {
            rest = rest[..<end]
            return (Array(rest.suffix(limit)), rest.count > limit)
        }
        if let after, let start = rest.firstIndex(of: after) { rest = rest[(start + 1)...] }
        return (Array(rest.prefix(limit)), rest.count > limit)
    }
}
