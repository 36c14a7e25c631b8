package import UltraAPI

/// A model an engine of Docker Model Runner holds: a line of `GET /engines/ps`.
package struct DockerRunning: Sendable, Equatable {
    /// In its short form, or a `sha256:` id.
    package var model: String
    /// It is not ready yet: requests wait for it.
    package var isLoading: Bool

    /// Reads the reply to `DockerAdapter.loadingRequest()`; older servers do not say what is loading.
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
