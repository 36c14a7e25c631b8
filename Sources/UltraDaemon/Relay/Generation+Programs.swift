internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

// Attempts without HTTP: a provider's program, and the built-in mock.

extension Generation {
    func run(_ command: DockerCommand, _ ticket: Ticket) async -> UltraError? {
        let candidate = ticket.candidate
        let relay = CommandRelay(command: command, timeouts: timeouts(candidate, remaining: ticket.remaining))
        do throws(UltraError) {
            answer.warnings =
                try await candidate.warnings
                + relay.run(request, model: candidate.name) { events in
                    deliver(events)
                    if call.isCongested { await call.drained() }
                }
            return nil
        } catch {
            return error
        }
    }

    /// Steps without a delay that are played in one turn of the loop: some milliseconds of work.
    private static var mockStepsPerTurn: Int { 2000 }

    /// Plays the mock's answer with the delays in its plan.
    func play(_ mock: Mock, model: String) async -> UltraError? {
        answer.isMock = true
        answer.costMicroUSD = 0
        var plan: MockPlan
        do throws(UltraError) {
            plan = try mock.plan(request, model: model)
        } catch {
            return error
        }
        var stepCount = 0
        while let step = plan.next() {
            stepCount += 1
            if stepCount.isMultiple(of: Self.mockStepsPerTurn) {
                await Loop.nextTurn()
                if Task.isCancelled { return UltraError(.cancelled, "the request was cancelled") }
            }
            if step.delayMilliseconds > 0 {
                do throws(CancellationError) {
                    try await Loop.sleep(for: .milliseconds(step.delayMilliseconds))
                } catch {
                    return UltraError(.cancelled, "the request was cancelled")
                }
            }
            deliver(step.events)
            if call.isCongested { await call.drained() }
        }
        return plan.failure
    }
}
