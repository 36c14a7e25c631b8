package import UltraAPI

/// Errors of Ultra's own operations: OpenAI's shape with Ultra's code, and `problems` for a configuration that was refused.
package enum UltraErrorWriter {
    package static func body(_ error: UltraError) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("error")
        json.beginObject()
        json.field("message", OpenAIErrorWriter.message(error))
        json.field("type", OpenAIErrorWriter.words(error).type)
        json.fieldOrNull("param", error.field)
        json.field("code", error.code.rawValue)
        if !error.problems.isEmpty {
            json.key("problems")
            json.beginArray()
            for problem in error.problems { json.string(problem) }
            json.endArray()
        }
        json.endObject()
        json.endObject()
        return json.bytes
    }
}
