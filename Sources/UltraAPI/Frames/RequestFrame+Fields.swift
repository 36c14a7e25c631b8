extension RequestFrame {
    /// The fields of `hello`.
    package struct Hello: Sendable, Equatable {
        package var protocolVersion: Int?
        package var client: String?
    }

    /// - Throws: `invalid_request`, as all readers of fields here.
    package func hello() throws(UltraError) -> Hello {
        var hello = Hello()
        try members { (fields, key) throws(UltraError) in
            switch key {
            case "protocol": hello.protocolVersion = try fields.int(0...1_000_000)
            case "client":
                hello.client = try fields.string()
                try fields.check(hello.client ?? "", .clientBytes)
            default: try fields.skip()
            }
        }
        return hello
    }

    /// The `target` of `cancel`: the id of the request to cancel.
    package func cancelTarget() throws(UltraError) -> Int {
        var target: Int?
        try members { (fields, key) throws(UltraError) in
            switch key {
            case "target": target = try fields.int(1...Self.maxID)
            default: try fields.skip()
            }
        }
        guard let target else {
            throw UltraError(.invalidRequest, "target, the id of the request to cancel, is missing", field: "target")
        }
        return target
    }

    /// The fields of `models`.
    package func modelFilter() throws(UltraError) -> ModelFilter {
        var filter = ModelFilter()
        try members { (fields, key) throws(UltraError) in
            switch key {
            case "provider": filter.provider = try fields.name("the id of a provider", .filterBytes)
            case "tag": filter.tag = try fields.name("a tag", .filterBytes)
            case "capability": filter.capability = try fields.name("a capability", .filterBytes)
            case "available": filter.available = try fields.bool()
            default: try fields.skip()
            }
        }
        return filter
    }

    /// The fields of `probe`; without provider and model it probes every provider.
    package struct ProbeTarget: Sendable, Equatable {
        package var provider: String?
        package var model: String?
        /// True to test the model by generating one token.
        package var isDeep = false
    }

    /// The fields of `probe`.
    package func probeTarget() throws(UltraError) -> ProbeTarget {
        var target = ProbeTarget()
        try members { (fields, key) throws(UltraError) in
            switch key {
            case "provider": target.provider = try fields.name("the id of a provider", .providerBytes)
            case "model": target.model = try fields.name("the name of a model", .modelBytes)
            case "deep": target.isDeep = try fields.bool()
            default: try fields.skip()
            }
        }
        if target.provider != nil, target.model != nil {
            throw UltraError(.invalidRequest, "give either provider or model, not both", field: "model")
        }
        return target
    }

    /// The `topics` of `subscribe`; nil for all topics.
    package func topics() throws(UltraError) -> [String]? {
        var topics: [String]?
        try members { (fields, key) throws(UltraError) in
            switch key {
            case "topics": topics = try fields.names("an array of topics", .topics, "a topic", .tagBytes)
            default: try fields.skip()
            }
        }
        return topics
    }

    /// Calls `read` with a reader of this frame's fields.
    func fields<Value>(_ read: (inout RequestFields) throws(UltraError) -> Value) throws(UltraError) -> Value {
        try JSONReader.read(bytes) { (reader) throws(UltraError) in
            var fields = RequestFields(reader)
            return try read(&fields)
        }
    }

    private func members(_ read: (inout RequestFields, JSONKey) throws(UltraError) -> Void) throws(UltraError) {
        try fields { (fields) throws(UltraError) in try fields.object("an object", read) }
    }
}

/// Selects the models that `models` lists; nil matches all.
package struct ModelFilter: Sendable, Equatable {
    package var provider: String?
    package var tag: String?
    package var capability: String?
    package var available: Bool?

    package init() {}
}
