internal import UltraAPI
internal import UltraSystem

/// Deep probes of several models, a few at a time.
@Loop
final class DeepProbes {
    struct Finding {
        let candidate: Candidate
        let milliseconds: Double
        /// nil: it answered.
        let failure: UltraError?
    }

    static let atOnce = 4

    private let daemon: Daemon
    private let candidates: [Candidate]
    private var next = 0
    private var findings: [Int: Finding] = [:]

    init(_ daemon: Daemon, _ candidates: [Candidate]) {
        self.daemon = daemon
        self.candidates = candidates
    }

    /// What was found, in the order of the candidates; those whose turn had not come when the task was cancelled are
    /// left out.
    func run() async -> [Finding] {
        let lanes = (0..<min(Self.atOnce, candidates.count)).map { _ in
            Loop.spawn { [self] in await askInTurn() }
        }
        await withTaskCancellationHandler {
            for lane in lanes { await lane.value }
        } onCancel: {
            for lane in lanes { lane.cancel() }
        }
        return candidates.indices.compactMap { findings[$0] }
    }

    private func askInTurn() async {
        while next < candidates.count, !Task.isCancelled {
            let index = next
            next += 1
            let started = EventLoop.now
            let failure = await DeepProbe(daemon, candidates[index]).run()
            findings[index] = Finding(
                candidate: candidates[index], milliseconds: Double(EventLoop.now - started) / 1e6, failure: failure)
        }
    }
}
