package import UltraAPI

/// Docker Model Runner through its program, `docker model …`: the commands, and the requests they can carry.
///
/// The HTTP API (`MODEL_RUNNER_TYPE=api`) is preferable. The program accepts only a single prompt and prints an answer
/// as plain text, while the API has conversations, tools, images, sampling and exact token counts.
package struct DockerCommand: Sendable, Equatable {
    /// One run of the program.
    package struct Invocation: Sendable, Equatable {
        /// The arguments after the program's name.
        package var arguments: [String]
        /// The whole standard input; nil connects it to `/dev/null`.
        package var input: [UInt8]?
        /// One sentence per parameter that was left out; for the answer's `warnings`.
        package var warnings: [String] = []
    }

    package let provider: String
    /// The program's name or path.
    package let program: String
    /// The whole environment of the program.
    package let environment: [String: String]

    /// - Parameter environment: the daemon's environment. Only the variables that the program needs are passed on, and
    ///   none with a key.
    package init(provider: String = "docker", program: String = "docker", environment: [String: String]) {
        self.provider = provider
        self.program = program
        var kept = environment.filter { Self.passedVariables.contains($0.key) }
        // Without this, even the commands that only read may install a runner.
        kept["MODEL_RUNNER_NO_AUTO_INSTALL"] = "1"
        kept["NO_COLOR"] = "1"
        kept["TERM"] = "dumb"
        self.environment = kept
    }

    private static let passedVariables: Set<String> = [
        "PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR",
        "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY",
        "DOCKER_API_VERSION", "MODEL_RUNNER_HOST", "MODEL_RUNNER_TLS", "MODEL_RUNNER_TLS_SKIP_VERIFY",
        "MODEL_RUNNER_TLS_CA_CERT", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
        "SSL_CERT_FILE", "SSL_CERT_DIR",
    ]

    /// Checks if the runner is running.
    package var status: Invocation { Invocation(arguments: ["model", "status", "--json"]) }

    /// The invocation that prints the list of models as JSON.
    package var list: Invocation { Invocation(arguments: ["model", "list", "--json"]) }

    /// The invocation that describes one model. It must come before `run`, which would download a missing model.
    /// - Throws: `model_not_found` if the name cannot be an argument.
    package func inspect(_ model: String) throws(UltraError) -> Invocation {
        guard DockerModelName.isArgument(model) else { throw notFound(model) }
        return Invocation(arguments: ["model", "inspect", model])
    }

    /// The run that answers `request`. The prompt is passed by standard input, because all processes of the machine can
    /// read arguments.
    /// - Throws: `capability_missing` for anything but a single user message of text, and for a text in which the
    ///   program would replace file names by the files' contents; `bad_request` for a blank prompt; `model_not_found`
    ///   if the name cannot be an argument.
    package func run(_ request: Request, model: String) throws(UltraError) -> Invocation {
        guard DockerModelName.isArgument(model) else { throw notFound(model) }
        var omitted = Omissions(
            provider, model,
            refused: [.temperature, .topP, .topK, .stop, .seed, .frequencyPenalty, .presencePenalty, .reasoning])
        let prompt = try prompt(of: request, model)
        if request.sampling.maxTokens != nil {
            omitted.warn("\(omitted.model) does not take max_tokens: it was left out")
        }
        _ = omitted.accepted(.temperature, request.sampling.temperature)
        _ = omitted.accepted(.topP, request.sampling.topP)
        _ = omitted.accepted(.topK, request.sampling.topK)
        if !request.sampling.stop.isEmpty { _ = omitted.accepts(.stop) }
        _ = omitted.accepted(.seed, request.sampling.seed)
        _ = omitted.accepted(.frequencyPenalty, request.sampling.frequencyPenalty)
        _ = omitted.accepted(.presencePenalty, request.sampling.presencePenalty)
        if request.reasoning?.effort != nil || request.reasoning?.budgetTokens != nil {
            _ = omitted.accepts(.reasoning)
        }
        if request.providerOptions[provider] != nil {
            omitted.warn("the docker program takes no provider_options: they were left out")
        }
        omitted.warn(
            "the docker program prints plain text, in which reasoning and token counts are recognised by markers; "
                + "MODEL_RUNNER_TYPE=api is exact")
        return Invocation(
            arguments: ["model", "run", model], input: Array(prompt.utf8), warnings: omitted.warnings)
    }

    private func prompt(of request: Request, _ model: String) throws(UltraError) -> String {
        if !request.tools.isEmpty, request.toolChoice != ToolChoice.none { throw missing(model, "no tools") }
        if request.responseFormat != .text { throw missing(model, "no response_format") }
        guard request.messages.count == 1, let message = request.messages.first, message.role == .user else {
            throw missing(model, "one user message, no conversation and no system message")
        }
        var texts: [String] = []
        for part in message.parts {
            switch part {
            case .text(let text): texts.append(text)
            case .imageURL, .imageData: throw missing(model, "no images")
            case .document: throw missing(model, "no documents")
            case .reasoning, .cacheMarker: break
            }
        }
        let prompt = texts.joined(separator: "\n")
        // Without a prompt the program would start an interactive session.
        guard prompt.contains(where: { !$0.isWhitespace }) else {
            throw UltraError(
                .badRequest, "\(provider)/\(model) needs a prompt", field: "messages", provider: provider,
                model: "\(provider)/\(model)")
        }
        if DockerPrompt.namesFiles(prompt) {
            throw missing(
                model, "no prompt with an @name or the name of an image file: it would insert the file's contents")
        }
        return prompt
    }

    /// - Parameter what: The object of "takes": the accepted things, or `no` and the refused thing.
    private func missing(_ model: String, _ what: String) -> UltraError {
        UltraError(
            .capabilityMissing, "\(provider)/\(model) takes \(what) through the docker program", hint: Self.useTheAPI,
            provider: provider, model: "\(provider)/\(model)")
    }

    func notFound(_ model: String) -> UltraError {
        UltraError(
            .modelNotFound, "Docker Model Runner has no such model",
            hint: "docker model pull downloads one, docker model list shows those that are here", provider: provider,
            model: "\(provider)/\(model.utf8.count > 80 ? "\(model.prefix(80))…" : model)")
    }

    static let useTheAPI =
        "set MODEL_RUNNER_TYPE=api: the HTTP API has conversations, tools, images, sampling and exact token counts"
}

/// Checks prompts for the substitutions that `docker model run` makes.
enum DockerPrompt {
    /// True if the program might replace a name in `prompt` by the contents of a file: `@path`, quoted or not, anywhere
    /// in a word, or a path that ends in the extension of an image.
    ///
    /// The file's existence is not checked, because it may be created before the program looks for it. An address such
    /// as `me@example.com` therefore counts too.
    static func namesFiles(_ prompt: String) -> Bool {
        var isAfterAt = false
        for byte in prompt.utf8 {
            if isAfterAt, !isSpace(byte) { return true }
            isAfterAt = byte == UInt8(ascii: "@")
        }
        return namesImage(Array(prompt.utf8))
    }

    /// The white space of the program's regular expression.
    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0C || byte == 0x0D
    }

    /// True if there is a path that begins with a slash, a backslash or a quotation mark and ends in the extension of
    /// an image. The characters in between hardly matter to the program.
    private static func namesImage(_ prompt: [UInt8]) -> Bool {
        guard let start = prompt.firstIndex(where: { pathMarks.contains($0) }) else { return false }
        for index in prompt[start...].indices where prompt[index] == UInt8(ascii: ".") {
            for name in extensions
            where prompt[(index + 1)...].prefix(name.count).lazy.map({ $0 | 0x20 }).elementsEqual(name) {
                return true
            }
        }
        return false
    }

    private static let pathMarks = Array(#"/\"'"#.utf8)
    private static let extensions = ["jpg", "jpeg", "png", "webp"].map { Array($0.utf8) }
}
