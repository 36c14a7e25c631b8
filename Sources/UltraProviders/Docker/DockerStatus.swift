import UltraAPI

/// The output of `docker model status`, with or without `--json`.
package struct DockerStatus: Sendable, Equatable {
    /// True if Model Runner accepts connections.
    package var isRunning: Bool
    /// Such as `Docker Desktop` or `Docker Engine`; nil from older programs.
    package var kind: String?
    /// The API's address for programs on this host; nil from older programs.
    package var endpoint: String?

    /// Fails if the output is not a status.
    package init?(_ output: [UInt8]) {
        do throws(JSONError) {
            guard let found = try DockerProgramOutput.read(output, Self.read) else { return nil }
            self = found
        } catch {
            // Programs without `--json` print a sentence.
            let text = String(decoding: output.prefix(1024), as: UTF8.self)
            if text.holds("Docker Model Runner is running") {
                self.init(isRunning: true)
            } else if text.holds("Docker Model Runner is not running") {
                self.init(isRunning: false)
            } else {
                return nil
            }
        }
    }

    package init(isRunning: Bool, kind: String? = nil, endpoint: String? = nil) {
        self.isRunning = isRunning
        self.kind = kind
        self.endpoint = endpoint
    }

    private static func read(_ reader: inout JSONReader) throws(JSONError) -> DockerStatus? {
        guard try reader.kind() == .object else {
            try reader.skip()
            return nil
        }
        var status: DockerStatus?
        var kind: String?
        var endpoint: String?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "running": status = try reader.boolOrNull().map { DockerStatus(isRunning: $0) }
            case "kind": kind = try reader.text()
            case "endpointHost": endpoint = try reader.text()
            default: try reader.skip()
            }
        }
        status?.kind = kind
        status?.endpoint = endpoint
        return status
    }
}
