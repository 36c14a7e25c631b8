internal import UltraAPI
internal import UltraDialects

/// Ultra's own operations; the raw value is the path after `/ultra/v1/`.
enum OperationPath: String, Sendable, CaseIterable {
    case status, models, usage, events, probe, reload
    case cacheClear = "cache_clear"

    var operation: OperationName {
        switch self {
        case .status: .status
        case .models: .models
        case .usage: .usage
        case .events: .subscribe
        case .probe: .probe
        case .reload: .reload
        case .cacheClear: .cacheClear
        }
    }

    /// True for the paths of GET, whose fields are in the query; the others have a body.
    var isQuestion: Bool {
        switch self {
        case .status, .models, .usage, .events: true
        case .probe, .reload, .cacheClear: false
        }
    }

    /// Makes the native request.
    ///
    /// - Throws: `invalid_request`.
    func frame(_ head: HTTPRequestHead, _ body: [UInt8]) throws(UltraError) -> RequestFrame {
        let limit = try UltraHeaderFields(head).timeoutMilliseconds
        return try isQuestion ? frame(query: head.query, limit) : frame(body: body, limit)
    }

    // MARK: - Query

    /// The type that the native field has in JSON.
    private enum Kind {
        case text
        /// Elements separated by commas, or one parameter for each.
        case list
        case bool
        /// A number, where the value is one; otherwise text.
        case number
    }

    /// nil: no field of the operation is called so.
    private func kind(of name: String) -> Kind? {
        switch (self, name) {
        case (_, "timeout_ms"): .number
        case (.models, "provider"), (.models, "tag"), (.models, "capability"): .text
        case (.models, "available"): .bool
        case (.usage, "since"), (.usage, "until"): .text
        case (.usage, "group_by"), (.events, "topics"): .list
        default: nil
        }
    }

    private static let filterPrefix = "filter."
    /// Fields of `filter` that are a number or a name.
    private static let accounts: Set<String> = ["user", "uid", "group", "gid"]

    /// - Parameters:
    ///   - query: As sent. Names that are no field are ignored, except below `filter`, where the operation refuses them.
    ///   - limit: `timeout_ms`, unless the query has it.
    func frame(query: String?, _ limit: Int? = nil) throws(UltraError) -> RequestFrame {
        var json = JSONWriter()
        json.beginObject()
        json.field("id", 1)
        json.field("op", operation.rawValue)
        var filter: [(name: String, value: String)] = []
        var lists: [(name: String, elements: [String])] = []
        var seen: Set<String> = []
        for (name, value) in try Self.parameters(query) {
            if self == .usage, name.hasPrefix(Self.filterPrefix) {
                try Self.once(name, &seen)
                filter.append((String(name.dropFirst(Self.filterPrefix.count)), value))
                continue
            }
            guard let kind = kind(of: name) else { continue }
            guard kind != .list else {
                let elements = value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
                if let index = lists.firstIndex(where: { $0.name == name }) {
                    lists[index].elements += elements
                } else {
                    lists.append((name, elements))
                }
                continue
            }
            try Self.once(name, &seen)
            Self.write(name, value, kind, to: &json)
        }
        for (name, elements) in lists {
            json.key(name)
            json.beginArray()
            for element in elements { json.string(element) }
            json.endArray()
        }
        if !filter.isEmpty {
            json.key("filter")
            json.beginObject()
            for (name, value) in filter {
                Self.write(name, value, Self.accounts.contains(name) ? .number : .text, to: &json)
            }
            json.endObject()
        }
        if let limit, !seen.contains("timeout_ms") { json.field("timeout_ms", limit) }
        json.endObject()
        return try Self.frame(json.bytes)
    }

    private static func write(_ name: String, _ value: String, _ kind: Kind, to json: inout JSONWriter) {
        json.key(name)
        switch kind {
        case .bool where value == "true" || value == "false": json.bool(value == "true")
        case .number where isNumber(value): json.raw(RawJSON(validated: Array(value.utf8)))
        case .text, .list, .bool, .number: json.string(value)
        }
    }

    /// True for digits that are an integer in JSON.
    private static func isNumber(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            && (text == "0" || !text.hasPrefix("0"))
    }

    /// The parameters, decoded. None is left out, since a filter that is not applied would let through what it excludes.
    private static func parameters(_ query: String?) throws(UltraError) -> [(name: String, value: String)] {
        var parameters: [(name: String, value: String)] = []
        for pair in (query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = HTTPRoute.decoded(parts[0]), let value = HTTPRoute.decoded(parts.count > 1 ? parts[1] : "")
            else {
                throw UltraError(.invalidRequest, "a parameter of the query is not percent-encoded UTF-8")
            }
            parameters.append((name, value))
        }
        return parameters
    }

    private static func once(_ name: String, _ seen: inout Set<String>) throws(UltraError) {
        guard seen.insert(name).inserted else {
            throw UltraError(.invalidRequest, "\(name) may be given only once", field: name)
        }
    }

    // MARK: - Body

    /// - Parameters:
    ///   - body: The native fields as a JSON object; empty: none.
    ///   - limit: `timeout_ms`, unless the body has it.
    func frame(body: [UInt8], _ limit: Int? = nil) throws(UltraError) -> RequestFrame {
        var hasLimit = false
        var isEmpty = true
        if !body.isEmpty {
            try RequestBody.read(body) { (fields) throws(UltraError) in
                guard try fields.isNext(.object) else {
                    throw UltraError(.invalidRequest, "the body is not a JSON object", hint: "send one JSON object")
                }
                try fields.object { (fields, key) throws(UltraError) in
                    isEmpty = false
                    switch key {
                    case "id", "op": throw fields.expected("omitted: the path names the operation")
                    case "timeout_ms": hasLimit = true
                    default: break
                    }
                    try fields.skip()
                }
            }
        }
        // The members that the frame needs come last, so that places in errors are those in the body.
        var bytes = body.isEmpty ? [UInt8(ascii: "{")] : Array(body[..<(body.lastIndex(of: UInt8(ascii: "}")) ?? 0)])
        if !isEmpty { bytes.append(UInt8(ascii: ",")) }
        bytes += Array(#""id":1,"op":"\#(operation.rawValue)""#.utf8)
        if let limit, !hasLimit { bytes += Array(#","timeout_ms":\#(limit)"#.utf8) }
        bytes.append(UInt8(ascii: "}"))
        return try Self.frame(bytes)
    }

    private static func frame(_ bytes: [UInt8]) throws(UltraError) -> RequestFrame {
        do throws(RequestFrame.Refusal) {
            return try RequestFrame(bytes)
        } catch {
            throw error.error
        }
    }
}
