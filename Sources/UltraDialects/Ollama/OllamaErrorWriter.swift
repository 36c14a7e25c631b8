internal import UltraAPI

/// Errors in Ollama's shape: `{"error":MESSAGE}`.
enum OllamaErrorWriter {
    static func body(_ error: UltraError) -> [UInt8] { body(error.messageWithHint) }

    static func body(_ message: String) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("error", message)
        json.endObject()
        return json.bytes
    }
}
