import UltraAPI

/// Writes the JSON object of a request body and merges `provider_options` into it. A member from `provider_options`
/// replaces the adapter's member of the same name, so no name occurs twice. Members the server is known to refuse are
/// left out.
struct RequestBody {
    private var json = JSONWriter()
    private var options: [(name: String, value: RawJSON)] = []
    /// Member names the adapter must not write: those from `provider_options` and those the server refuses.
    private var names: Set<String> = []

    init(_ request: Request, provider: String, _ facts: WireFacts) throws(UltraError) {
        try self.init(request.providerOptions, provider: provider, facts)
    }

    /// - Parameter providerOptions: the request's `provider_options`: provider ids to JSON objects.
    /// - Throws: `invalid_request` if the provider's value is not a JSON object.
    init(
        _ providerOptions: [String: RawJSON], provider: String, _ facts: WireFacts = WireFacts()
    ) throws(UltraError) {
        if let raw = providerOptions[provider] {
            do throws(JSONError) {
                options = try JSONReader.read(raw.bytes) { (reader) throws(JSONError) in
                    try Self.members(&reader)
                }
            } catch {
                throw UltraError(
                    .invalidRequest, "provider_options.\(provider) must be a JSON object",
                    field: "provider_options.\(provider)")
            }
            names = Set(options.map(\.name))
        }
        if !facts.omitted.isEmpty { names.formUnion(facts.omitted) }
        // Grown once for a usual request, not at every member.
        json.bytes.reserveCapacity(512)
        json.beginObject()
    }

    /// Writes member `name`, unless `provider_options` holds it or the server refuses it.
    mutating func member(_ name: StaticString, _ write: (inout JSONWriter) -> Void) {
        guard isWritable(name) else { return }
        json.key(name)
        write(&json)
    }

    mutating func member(_ name: StaticString, _ value: String?) {
        if let value { member(name) { $0.string(value) } }
    }

    mutating func member(_ name: StaticString, _ value: Int?) {
        if let value { member(name) { $0.int(value) } }
    }

    mutating func member(_ name: StaticString, _ value: Double?) {
        if let value { member(name) { $0.double(value) } }
    }

    mutating func member(_ name: StaticString, _ value: Bool?) {
        if let value { member(name) { $0.bool(value) } }
    }

    mutating func member(_ name: StaticString, _ values: [String]) {
        guard !values.isEmpty else { return }
        member(name) { json in
            json.beginArray()
            for value in values { json.string(value) }
            json.endArray()
        }
    }

    /// Appends the members of `provider_options` and closes the object.
    consuming func finish() -> [UInt8] {
        for option in options {
            json.key(option.name)
            json.raw(option.value)
        }
        json.endObject()
        return json.bytes
    }

    private func isWritable(_ name: StaticString) -> Bool {
        names.isEmpty || !names.contains("\(name)")
    }

    private static func members(_ reader: inout JSONReader) throws(JSONError) -> [(name: String, value: RawJSON)] {
        var members: [(name: String, value: RawJSON)] = []
        try reader.beginObject()
        while let key = try reader.nextKey() {
            members.append((String(key), try reader.rawJSON()))
        }
        try reader.end()
        return members
    }
}

/// Tools and tool choice in the form of OpenAI's Chat Completions, which other APIs have adopted.
extension RequestBody {
    mutating func functions(_ tools: [Tool]) {
        member("tools") { json in
            json.beginArray()
            for tool in tools {
                json.beginObject()
                json.field("type", "function")
                json.key("function")
                json.beginObject()
                json.field("name", tool.name)
                json.fieldIfPresent("description", tool.description)
                json.fieldIfPresent("parameters", tool.parameters)
                json.endObject()
                json.endObject()
            }
            json.endArray()
        }
    }

    /// - Parameter required: the API's value for "the model must call some tool".
    mutating func functionChoice(_ choice: ToolChoice, required: String = "required") {
        member("tool_choice") { json in
            switch choice {
            case .auto: json.string("auto")
            case .none: json.string("none")
            case .required: json.string(required)
            case .named(let name):
                json.beginObject()
                json.field("type", "function")
                json.key("function")
                json.beginObject()
                json.field("name", name)
                json.endObject()
                json.endObject()
            }
        }
    }
}

extension RawJSON {
    /// The schema of a tool without parameters, for providers that require a schema.
    static let noParameters = RawJSON(validated: Array(#"{"type":"object","properties":{}}"#.utf8))
}
