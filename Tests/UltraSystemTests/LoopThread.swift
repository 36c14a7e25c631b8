@testable import UltraSystem

/// The thread of the event loop in a test process, which all test targets share: started once, never stopped.
enum LoopThread {
    /// Runs `body` on the loop, as the daemon's own tasks run.
    static func run<Result: Sendable>(_ body: sending @escaping @Loop () async -> Result) async -> Result {
        EventLoop.startOnOwnThread()
        return await Loop.spawn(body).value
    }
}
