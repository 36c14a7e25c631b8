import Glibc
import ScriptedProvider

/// The time of an answer from the daemon's cache over the socket, one request at a time.
struct CacheHits {
    static let seconds = 2.0
    /// The content of the cached streamed answer.
    static let events = 20

    let ultrad: String
    let provider: String

    func run() throws {
        let folder = try TemporaryFolder("ultrabench")
        try folder.write("ultrad.toml", "[cache]\nenabled = true\n")
        let upstream = try Upstream(executable: provider)
        try upstream.setPlan("events=\(Self.events)&gap_us=0&bytes=280")
        let daemon = try Ultrad(
            executable: ultrad, folder: folder.path, upstreamPort: upstream.port, configuration: folder.path)
        defer { daemon.end() }
        for shape in [Scenario.Shape.unary, .burst] {
            let scenario = Scenario(shape: shape, concurrency: 1)
            let load = try FrameLoad(socketPath: daemon.socketPath, connections: 1, scenario: scenario)
            _ = try load.run(seconds: 0.2)
            let before = ProcessUsage(daemon.pid).cpuNanoseconds
            let result = try load.run(seconds: Self.seconds)
            let cpu = ProcessUsage(daemon.pid).cpuNanoseconds - before
            func microseconds(_ quantile: Double) -> Double {
                ((result.latencies.microseconds(quantile) ?? 0) * 10).rounded() / 10
            }
            let name = shape == .unary ? "generate" : "stream"
            print(
                "cache hit, \(name): p50 \(microseconds(0.5)) µs, p99 \(microseconds(0.99)) µs, "
                    + "\(cpu / UInt64(max(1, result.requests)) / 1000) µs of the daemon's processor, "
                    + "\(result.requests) requests")
        }
    }
}
