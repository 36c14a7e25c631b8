package import UltraAPI

/// A model that an engine of Model Runner has loaded or is loading: one element of `GET /engines/ps`.
package struct DockerRunning: Sendable, Equatable {
    /// The name in its short form, or a `sha256:` id.
    package var model: String
    /// True while the model is being loaded; requests wait for it.
    package var isLoading: Bool

    /// Decodes the reply to `DockerAdapter.loadingRequest()`. Older servers do not report what is being loaded.
    package static func read(_ reader: inout JSONReader) throws(JSONError) -> [DockerRunning] {
        guard try reader.kind() == .array else {
            try reader.skip()
            return []
        }
        var running: [DockerRunning] = []
        try reader.beginArray()
        while try reader.nextElement() {
            var found = DockerRunning(model: "", isLoading: false)
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "model_name": found.model = DockerModelName.short(try reader.text() ?? "")
                case "loading": found.isLoading = try reader.boolOrNull() ?? false
                default: try reader.skip()
                }
            }
            if !found.model.isEmpty { running.append(found) }
        }
        return running
    }
}
