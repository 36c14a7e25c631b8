import Foundation

@testable import UltraSystem

/// The thread of the event loop in a test process: started once, never stopped.
enum LoopThread {
    static let started: Void = {
        let isReady = DispatchSemaphore(value: 0)
        let thread = Thread {
            Signals.block()
            EventLoop.shared.adoptCurrentThread()
            isReady.signal()
            EventLoop.shared.run()
        }
        thread.stackSize = 8 << 20
        thread.start()
        isReady.wait()
    }()

    /// Runs `body` on the loop, as the daemon's own tasks run.
    static func run<Result: Sendable>(_ body: sending @escaping @Loop () async -> Result) async -> Result {
        _ = started
        return await Loop.spawn(body).value
    }
}
