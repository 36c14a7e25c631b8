extension UsageRequest {
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
            // What is not understood must not pass for a condition that holds.
            default: throw fields.expected("left out: there is no such filter")
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
