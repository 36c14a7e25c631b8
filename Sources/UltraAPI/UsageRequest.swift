/// A `usage` request: the time range, the filter and the grouping.
package struct UsageRequest: Sendable, Equatable {
    /// Start of the range, inclusive.
    package var since = UsageTime.before(milliseconds: 86_400_000)
    package var until = UsageTime.before(milliseconds: 0)
    /// The columns to group by, without duplicates; empty for a single row.
    package var keys: [UsageKey] = []
    package var filter = Filter()

    /// Selects the requests that match every value given; nil matches all. The values are the wire's words.
    package struct Filter: Sendable, Equatable {
        package var model: String?
        package var provider: String?
        package var user: Account?
        package var group: Account?
        package var program: String?
        package var operation: String?
        package var outcome: String?
        /// Requests with this tag.
        package var tag: String?

        package init() {}
    }

    /// A user or a group, by ID or by name.
    package enum Account: Sendable, Equatable {
        case number(UInt32)
        case name(String)
    }

    package init() {}
}

/// The columns of `usage`; the raw values are the wire's words.
package enum UsageKey: String, Sendable, CaseIterable {
    case model, provider, user, group, program
    case operation = "op"
    case day, hour, tag, outcome
}

extension UsageRequest {
    /// Reads the fields of a `usage` frame.
    /// - Throws: `invalid_request` that names the first invalid field.
    package init(_ frame: RequestFrame) throws(UltraError) {
        var request = UsageRequest()
        try frame.fields { (fields) throws(UltraError) in
            try fields.object("an object") { (fields, key) throws(UltraError) in
                switch key {
                case "since": request.since = try fields.moment()
                case "until": request.until = try fields.moment()
                case "group_by": request.keys = try fields.usageKeys()
                case "filter": request.filter = try Filter(&fields)
                default: try fields.skip()
                }
            }
        }
        self = request
    }
}

extension UsageRequest.Filter {
    fileprivate init(_ fields: inout RequestFields) throws(UltraError) {
        var filter = Self()
        try fields.object("an object") { (fields, key) throws(UltraError) in
            switch key {
            case "model": filter.model = try fields.name("the id of a model", .filterBytes)
            case "provider": filter.provider = try fields.name("the id of a provider", .filterBytes)
            case "user", "uid": filter.user = try fields.account()
            case "group", "gid": filter.group = try fields.account()
            case "program": filter.program = try fields.name("a program's name", .filterBytes)
            case "op": filter.operation = try fields.name("an operation", .filterBytes)
            case "outcome": filter.outcome = try fields.name("\"ok\" or an error code", .filterBytes)
            case "tag": filter.tag = try fields.name("a tag", .filterBytes)
            // An unknown condition must not be ignored: the result would contain rows it excludes.
            default: throw fields.expected("omitted: there is no such filter")
            }
        }
        self = filter
    }
}

extension RequestFields {
    fileprivate mutating func moment() throws(UltraError) -> UsageTime {
        let what = "a duration such as \"24h\" or \"7d\", a date, or a time of RFC 3339"
        guard let time = UsageTime(try string(what)) else { throw expected(what) }
        return time
    }

    fileprivate mutating func account() throws(UltraError) -> UsageRequest.Account {
        if try isNext(.number) { return .number(UInt32(try int(0...4_294_967_295))) }
        return .name(try name("a number or a name", .filterBytes))
    }

    fileprivate mutating func usageKeys() throws(UltraError) -> [UsageKey] {
        let words = UsageKey.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        var keys: [UsageKey] = []
        try array("an array of \(words)") { (fields, _) throws(UltraError) in
            let key: UsageKey?
            switch try fields.string("one of \(words)") {
            case "uid": key = .user
            case "gid": key = .group
            case let word: key = UsageKey(rawValue: word)
            }
            guard let key else { throw fields.expected("one of \(words)") }
            if !keys.contains(key) { keys.append(key) }
        }
        return keys
    }
}
