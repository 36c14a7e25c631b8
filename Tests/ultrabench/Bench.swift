import Glibc
import ScriptedProvider

/// One complete measurement: starts upstream, nginx and daemon, runs the rounds, and ends the processes it started.
final class Bench {
    struct Settings {
        var rounds = 5
        /// No round begins that would end later.
        var budgetSeconds = 110.0
        var unarySeconds = 0.4
        var burstSeconds = 0.2
        var starts = 10
        var statusCalls = 50
        /// The time in seconds after which a daemon without work counts as idle: it returns memory five to ten seconds
        /// after its last work.
        var settleSeconds: UInt32 = 12
        var ultrad = ""
        var ultractl = ""
        var provider = ""
        var nginx = "nginx"
    }

    private let settings: Settings
    private let folder: TemporaryFolder
    private let upstream: Upstream
    private let nginx: Nginx?
    private(set) var comparison = Comparison()
    private(set) var footprint = Footprint()
    private(set) var rounds = 0
    /// Seconds of all runs, and the time in them that other processes used of the proxy's processor.
    private var measuredSeconds = 0.0
    private var foreignSeconds = 0.0
    /// Measurements that were not possible, with the reason.
    private(set) var omissions: [String] = []

    init(_ settings: Settings) throws {
        self.settings = settings
        folder = try TemporaryFolder("ultrabench")
        upstream = try Upstream(executable: settings.provider)
        do {
            nginx = try Nginx(executable: settings.nginx, folder: folder.path, upstreamPort: upstream.port)
        } catch {
            nginx = nil
            omissions.append("nginx is not compared: \(error)")
        }
    }

    deinit { nginx?.end() }

    /// The share of the proxy's processor that other processes used: more than a few hundredths spoil a run.
    var foreignShare: Double { measuredSeconds > 0 ? max(0, foreignSeconds / measuredSeconds) : 0 }

    func run() throws {
        let start = nowNanoseconds()
        try measureStarts()
        let daemon = try startDaemon()
        footprint.ultradStartedKilobytes = ProcessUsage.residentKilobytes(daemon.pid)
        footprint.ultradIdleKilobytes = residentWhenIdle(daemon)
        footprint.nginxIdleKilobytes = nginx.map { ProcessUsage.residentKilobytes($0.worker) }
        try measureStatus(daemon)
        var longest = 0.0
        for round in 0..<settings.rounds {
            let elapsed = seconds(since: start)
            guard elapsed + longest < settings.budgetSeconds else { break }
            for scenario in Scenario.all { try runRound(round, scenario, daemon) }
            longest = max(longest, seconds(since: start) - elapsed)
            rounds += 1
            say("round \(rounds) of \(settings.rounds): \(Int(seconds(since: start))) s")
        }
        footprint.ultradLoadedKilobytes = ProcessUsage.residentKilobytes(daemon.pid)
        footprint.ultradIdleAgainKilobytes = residentWhenIdle(daemon)
        footprint.nginxLoadedKilobytes = nginx.map { ProcessUsage.residentKilobytes($0.worker) }
        daemon.end()
        try measureOpenStreams()
    }

    // MARK: - Scenarios

    private func runRound(_ round: Int, _ scenario: Scenario, _ daemon: Ultrad) throws {
        try upstream.setPlan(scenario.plan)
        var figures: [Path: Figures] = [:]
        // The order alternates, so that no path always runs after the same other.
        for path in round % 2 == 0 ? Path.allCases : Path.allCases.reversed() {
            if path == .shared, scenario.concurrency <= Path.sharedConnections { continue }
            if path == .nginx, nginx == nil { continue }
            figures[path] = try run(scenario, path, daemon)
        }
        for (path, var value) in figures {
            if path != .direct, let direct = figures[.direct] { value.compare(with: direct, scenario) }
            comparison.add(value, scenario, path)
        }
    }

    private func run(_ scenario: Scenario, _ path: Path, _ daemon: Ultrad) throws -> Figures {
        switch path {
        case .direct:
            let load = try CurlLoad(port: upstream.port, scenario: scenario)
            // The client is this process: its processor time is that of libcurl alone, for comparison.
            return try measure(scenario, pid: getpid(), isProxy: false, load.run)
        case .nginx:
            guard let nginx else { throw BenchError("no nginx") }
            let load = try CurlLoad(port: nginx.port(for: scenario), scenario: scenario)
            return try measure(scenario, pid: nginx.worker, load.run)
        case .ultrad, .shared:
            let connections = path == .shared ? Path.sharedConnections : scenario.concurrency
            let load = try FrameLoad(socketPath: daemon.socketPath, connections: connections, scenario: scenario)
            return try measure(scenario, pid: daemon.pid, load.run)
        }
    }

    private func measure(
        _ scenario: Scenario, pid: pid_t, isProxy: Bool = true, _ run: (Double) throws -> LoadResult
    ) throws -> Figures {
        let window: Double
        switch scenario.shape {
        case .unary: window = settings.unarySeconds
        case .burst: window = settings.burstSeconds
        case .spaced: window = 0  // One stream at a time per connection: they all last equally long.
        }
        // Warm-up: connections are opened, buffers grow. Spaced streams last so long that it does not matter.
        if scenario.shape != .spaced { _ = try run(window / 10) }
        let ticks = Machine.busyTicks(cpu: Machine.proxyCPU)
        let before = ProcessUsage(pid).cpuNanoseconds
        let result = try run(window)
        let cpu = ProcessUsage(pid).cpuNanoseconds - before
        let busy = Double(Machine.busyTicks(cpu: Machine.proxyCPU) - ticks) / Machine.ticksPerSecond
        measuredSeconds += result.seconds
        foreignSeconds += busy - (isProxy ? Double(cpu) / 1e9 : 0)
        return Figures(result, scenario, cpuNanoseconds: cpu)
    }

    // MARK: - Footprint

    private func startDaemon() throws -> Ultrad {
        try Ultrad(executable: settings.ultrad, folder: folder.path, upstreamPort: upstream.port)
    }

    private func residentWhenIdle(_ daemon: Ultrad) -> Int {
        sleep(settings.settleSeconds)
        return ProcessUsage.residentKilobytes(daemon.pid)
    }

    private func measureStarts() throws {
        var times: [Double] = []
        for _ in 0..<settings.starts {
            let daemon = try startDaemon()
            times.append(Double(daemon.readyNanoseconds) / 1e6)
            daemon.end()
        }
        footprint.readyMilliseconds = median(times)
    }

    private func measureStatus(_ daemon: Ultrad) throws {
        guard access(settings.ultractl, X_OK) == 0 else {
            omissions.append("ultractl is not measured: no \(settings.ultractl)")
            return
        }
        var times: [Double] = []
        for _ in 0..<settings.statusCalls {
            let start = nowNanoseconds()
            let process = try Subprocess(
                settings.ultractl, ["status", "--socket", daemon.socketPath], cpu: Machine.clientCPU)
            let code = process.wait()
            times.append(Double(nowNanoseconds() - start) / 1e6)
            guard code == 0 else { throw BenchError("ultractl status: exit \(code)") }
        }
        footprint.statusMilliseconds = median(times)
    }

    private func measureOpenStreams() throws {
        // One event at once, the next after an hour, so that the connections stay open.
        try upstream.setPlan("events=2&gap_us=3600000000&bytes=280")
        let scenario = Scenario(shape: .burst, concurrency: Footprint.openStreams)
        let daemon = try startDaemon()
        _ = residentWhenIdle(daemon)
        let load = try FrameLoad(
            socketPath: daemon.socketPath, connections: scenario.concurrency, scenario: scenario)
        try load.open()
        footprint.ultradOpenStreamsKilobytes = ProcessUsage.residentKilobytes(daemon.pid)
        footprint.ultradThreads = ProcessUsage.threads(daemon.pid).count
        withExtendedLifetime(load) {}
        daemon.end()
        guard let nginx else { return }
        let curl = try CurlLoad(port: nginx.streamingPort, scenario: scenario)
        try curl.open()
        footprint.nginxOpenStreamsKilobytes = ProcessUsage.residentKilobytes(nginx.worker)
        withExtendedLifetime(curl) {}
    }

    private func seconds(since start: UInt64) -> Double { Double(nowNanoseconds() - start) / 1e9 }
}

/// Prints progress and warnings to standard error, so that standard output has the table alone.
func say(_ text: String) {
    let bytes = Array("ultrabench: \(text)\n".utf8)
    _ = write(2, bytes, bytes.count)
}
