internal import UltraAPI

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
