package import UltraAPI

/// Decoding of the program's output and of its failures.
extension DockerCommand {
    /// The way in which the program failed.
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
