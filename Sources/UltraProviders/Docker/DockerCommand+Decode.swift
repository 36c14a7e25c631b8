package import UltraAPI

/// Decoding of the program's output and of its failures.
extension DockerCommand {
    /// The failure of a run of the program.
    package enum Failure: Error, Sendable, Equatable {
        /// There is no such program.
        case notFound
        /// The program could not be started; the value is the reason.
        case cannotStart(String)
        /// The program exited with this code; `errors` is its standard error.
        case code(Int32, errors: [UInt8])
        /// The program was ended by this signal.
        case signal(Int32)
    }

    /// Decodes the output of `list` or `inspect`, in Docker's or OpenAI's format, old or new.
    /// - Throws: `upstream_protocol` for anything else.
    package func models(_ output: [UInt8]) throws(UltraError) -> [DiscoveredModel] {
        do throws(JSONError) {
            return try DockerProgramOutput.read(output) { (reader) throws(JSONError) in
                try DockerModels.read(&reader)
            }
        } catch {
            throw UltraError(
                .upstreamProtocol, "the docker program lists its models in an unknown format",
                hint: Self.useTheAPI, provider: provider)
        }
    }

    /// The error for a Model Runner that does not accept connections.
    package var notRunning: UltraError {
        UltraError(
            .connectFailed, "Docker Model Runner is not running",
            hint: "docker desktop enable model-runner starts it, docker model install-runner installs it on an Engine",
            provider: provider, isRetryable: true)
    }

    /// Converts a failure of the program to an error.
    package func error(_ failure: Failure, model: String? = nil) -> UltraError {
        var error: UltraError
        switch failure {
        case .notFound:
            error = UltraError(
                .connectFailed, "there is no program called \(program)",
                hint: "install Docker, or set MODEL_RUNNER_TYPE=api and MODEL_RUNNER_HOST")
        case .cannotStart(let reason):
            error = UltraError(.connectFailed, "the docker program cannot be started: \(reason)")
        case .signal(let number):
            error = UltraError(
                .upstreamError, "the docker program was ended by signal \(number)", isRetryable: true)
        case .code(let code, let errors):
            error = exitError(code, String(decoding: errors.prefix(ErrorLines.limitBytes), as: UTF8.self), model)
        }
        error.provider = provider
        error.model = model.map { "\(provider)/\($0)" }
        return error
    }

    private func exitError(_ code: Int32, _ errors: String, _ model: String?) -> UltraError {
        let text = errors.lowercased()
        func holds(_ words: String...) -> Bool { words.contains { text.contains($0) } }
        if holds("is not a docker command", "unknown command") || code == 125 {
            return UltraError(
                .connectFailed, "the docker program has no Model Runner",
                hint: "install the package docker-model-plugin, or set MODEL_RUNNER_TYPE=api")
        }
        if holds("model runner is not running") { return notRunning }
        if holds("permission denied") {
            return UltraError(
                .permissionDenied, "the docker program may not use Docker's socket",
                hint: "the user ultrad runs as must be in the group docker")
        }
        if holds("connection refused", "unable to get standalone model runner info", "cannot connect to the docker") {
            return notRunning
        }
        if holds("model not found", "no such model"), let model { return notFound(model) }
        if let reply = ErrorLines.reply(errors) { return reported(reply.status, reply.body) }
        let line = ErrorText.cleaned(ErrorLines.first(errors), key: nil)
        return UltraError(
            .upstreamError,
            line.isEmpty ? "the docker program failed with exit code \(code)" : line, isRetryable: true)
    }

    /// The error for a reply that the program quotes: `error response: status=500 body=…`.
    private func reported(_ status: Int, _ body: String) -> UltraError {
        let error = Array(body.utf8).withUnsafeBytes { ErrorBody($0) }
        let errorClass = ErrorClass.standard(error, status: status)
        let message = ErrorText.cleaned(error.message ?? "", key: nil)
        return UltraError(
            errorClass.code, message.isEmpty ? "\(provider) answered HTTP \(status) without a reason" : message,
            hint: ErrorText.hint(errorClass.code), status: status, isRetryable: errorClass.isRetryable)
    }
}

/// Parsing of the program's standard error.
private enum ErrorLines {
    /// The number of bytes that are examined.
    static let limitBytes = 16 << 10

    /// The first line that is not blank or one of Docker's warnings. Later lines are hints.
    static func first(_ text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline).filter { line in !line.allSatisfy(\.isWhitespace) }
        return String(lines.first { !$0.lowercased().hasPrefix("warning") } ?? lines.first ?? "")
    }

    static func reply(_ text: String) -> (status: Int, body: String)? {
        guard let mark = text.firstRange(of: "error response: status=") else { return nil }
        let rest = text[mark.upperBound...]
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        guard let status = Int(digits), (400...599).contains(status) else { return nil }
        let tail = rest[digits.endIndex...]
        guard let start = tail.firstRange(of: "body=") else { return (status, "") }
        return (status, String(tail[start.upperBound...]))
    }
}

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

/// Finds the JSON text in the program's output, which may print other lines first.
enum DockerProgramOutput {
    /// Decodes the JSON text that begins at the first line that can begin one.
    static func read<Value>(
        _ output: [UInt8], _ body: (inout JSONReader) throws(JSONError) -> Value
    ) throws(JSONError) -> Value {
        let start = start(output)
        return try JSONReader.read(reply: Array(output[start...])) { (reader) throws(JSONError) in
            let value = try body(&reader)
            try reader.end()
            return value
        }
    }

    private static func start(_ output: [UInt8]) -> Int {
        var start = 0
        while start < output.count {
            let line = output[start...].prefix { $0 != .lineFeed }
            let first = line.first { !$0.isJSONWhitespace }
            let isNull = line.starts(with: "null".utf8) && line.dropFirst(4).allSatisfy(\.isJSONWhitespace)
            if first == UInt8(ascii: "[") || first == UInt8(ascii: "{") || isNull { return start }
            start = line.endIndex + 1
        }
        return min(start, output.count)
    }
}
