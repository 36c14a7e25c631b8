internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Answers through a provider's program in place of HTTP: one process for each request.
@Loop
struct CommandRelay {
    /// The longest output of a question such as the list of models.
    private static let outputLimitBytes = 16 << 20
    private static let questionTimeouts = ExchangeTimeouts(connect: .seconds(5), total: .seconds(30))

    let command: DockerCommand
    var timeouts = ExchangeTimeouts(connect: .seconds(5), firstToken: .seconds(300), idle: .seconds(60))

    /// Answers `request` with `model` and hands the events to `deliver` as they come; `finish` is the last.
    ///
    /// 1. A request that the program cannot carry is refused before it starts.
    /// 2. The program is asked for the model, since `run` would pull a missing one.
    /// 3. The program runs. A cancelled task or a timer kills it with its descendants.
    ///
    /// Returns or throws once the process is gone. Output is read only while `deliver` is not running.
    /// - Returns: the answer's warnings.
    @discardableResult
    func run(
        _ request: Request, model: String, deliver: @Loop ([AnswerEvent]) async -> Void
    ) async throws(UltraError) -> [String] {
        let call = try command.run(request, model: model)
        _ = try await ask(command.inspect(model), model: model)
        let process = try start(call, timeouts, model: model)
        var output = DockerOutput(includesReasoning: request.reasoning?.isIncluded ?? true)
        var bytes: [UInt8] = []
        var events: [AnswerEvent] = []
        while await process.read(into: &bytes) {
            output.receive(bytes, into: &events)
            if output.hasContent { process.contentBegan() }
            guard !events.isEmpty else { continue }
            await deliver(events)
            events.removeAll(keepingCapacity: true)
        }
        try await end(process, model: model)
        output.finish(into: &events)
        guard output.hasContent else {
            throw error(.upstreamProtocol, "the docker program printed no answer", model, isRetryable: true)
        }
        await deliver(events)
        return call.warnings
    }

    /// The models that the program lists. Throws if the model runner is stopped, so that it is not an empty list.
    func models() async throws(UltraError) -> [DiscoveredModel] {
        if let status = DockerStatus(try await status()), !status.isRunning { throw command.notRunning }
        return try command.models(try await ask(command.list))
    }

    /// The output of `status`; empty if the program is too old for its flag, which says nothing about the runner.
    private func status() async throws(UltraError) -> [UInt8] {
        do throws(UltraError) {
            return try await ask(command.status)
        } catch {
            guard error.code == .upstreamError, error.message.contains("unknown flag") else { throw error }
            return []
        }
    }

    /// The whole output of a call.
    private func ask(
        _ call: DockerCommand.Invocation, model: String? = nil
    ) async throws(UltraError) -> [UInt8] {
        let process = try start(call, Self.questionTimeouts, model: model)
        var bytes: [UInt8] = []
        var output: [UInt8] = []
        while await process.read(into: &bytes) {
            output += bytes
            guard output.count <= Self.outputLimitBytes else {
                process.kill()
                _ = await process.wait()
                throw error(.upstreamProtocol, "the docker program prints without end", model)
            }
        }
        try await end(process, model: model)
        return output
    }

    private func start(
        _ call: DockerCommand.Invocation, _ timeouts: ExchangeTimeouts, model: String?
    ) throws(UltraError) -> CommandProcess {
        do throws(DockerCommand.Failure) {
            return try CommandProcess(command, call, timeouts)
        } catch {
            throw command.error(error, model: model)
        }
    }

    /// Waits for the end of the process. Throws unless it exited with 0.
    private func end(_ process: CommandProcess, model: String?) async throws(UltraError) {
        if Task.isCancelled { process.kill() }
        let failure = await process.wait()
        if let kind = process.expired {
            var error = error(
                .timeout, "the docker program did not answer in time: the \(kind.rawValue) timer ran out", model,
                isRetryable: true)
            error.hint = "the model may be loading: ask again, or raise timeouts_ms.\(kind.rawValue)"
            error.timeout = kind
            throw error
        }
        if Task.isCancelled { throw error(.cancelled, "the request was cancelled", model) }
        if let failure { throw command.error(failure, model: model) }
    }

    private func error(
        _ code: ErrorCode, _ message: String, _ model: String?, isRetryable: Bool = false
    ) -> UltraError {
        UltraError(
            code, message, provider: command.provider, model: model.map { "\(command.provider)/\($0)" },
            isRetryable: isRetryable)
    }
}
