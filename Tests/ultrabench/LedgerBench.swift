import Glibc
import ScriptedProvider

/// The costs of the ledger: `usage` over a million rows, and the loop's time for each recorded request.
struct LedgerBench {
    static let rowCount = 1_000_000
    static let keys = ["model", "provider", "user", "group", "program", "op", "outcome", "tag", "day", "hour"]
    static let rounds = 15
    static let roundSeconds = 1.0

    let ultrad: String
    let provider: String

    func run() throws {
        let upstream = try Upstream(executable: provider)
        try upstream.setPlan("events=20&gap_us=0&bytes=280")
        try usage(upstream.port)
        try loopTime(upstream.port)
    }

    // MARK: - usage

    private func usage(_ port: UInt16) throws {
        let folder = try TemporaryFolder("ultrabench")
        // The daemon creates the tables, so that this program need not know them.
        try Ultrad(executable: ultrad, folder: folder.path, upstreamPort: port).end()
        let rows = try LedgerRows("\(folder.path)/ledger.sqlite")
        try rows.insert(Self.rowCount)
        let daemon = try Ultrad(executable: ultrad, folder: folder.path, upstreamPort: port)
        defer { daemon.end() }
        let connection = try FrameConnection(daemon.socketPath)
        let unsealed = try milliseconds(connection, "model")
        let start = nowNanoseconds()
        while try rows.hasUnsealed() {
            guard nowNanoseconds() - start < 300_000_000_000 else { throw BenchError("rows stay out of the blocks") }
            usleep(200_000)
        }
        print("usage of \(Self.rowCount) rows by model, none of them in a block yet: \(unsealed) ms")
        print("all in blocks after \((nowNanoseconds() - start) / 1_000_000_000) s; then, median of 9 and worst:")
        for key in Self.keys {
            let times = try (0..<9).map { _ in try milliseconds(connection, key) }
            print("  by \(key): \(median(times) ?? 0) ms, \(times.max() ?? 0) ms")
        }
    }

    /// The time of one request from sending to the last byte of its result, in milliseconds to a tenth.
    private func milliseconds(_ connection: FrameConnection, _ key: String) throws -> Double {
        let start = nowNanoseconds()
        try connection.send(FrameConnection.frame(#"{"id":1,"op":"usage","since":"31d","group_by":["\#(key)"]}"#))
        var isOver = false
        while !isOver {
            var readable = pollfd(fd: connection.fd, events: Int16(POLLIN), revents: 0)
            guard poll(&readable, 1, 60_000) == 1 else { throw BenchError("the daemon is silent for a minute") }
            try connection.receive { _, kind, json in
                guard kind == .result else { throw BenchError(String(decoding: json, as: UTF8.self)) }
                isOver = true
            }
        }
        return (Double(nowNanoseconds() - start) / 1e5).rounded() / 10
    }

    // MARK: - The loop

    /// Two daemons that differ only in the ledger take turns; answers come from their caches, so that the ledger's
    /// share of the time is large.
    private func loopTime(_ port: UInt16) throws {
        let sides = try ["90d", "0s"].map { retention in
            let folder = try TemporaryFolder("ultrabench")
            try folder.write("ultrad.toml", "[cache]\nenabled = true\n[ledger]\nretention = \"\(retention)\"\n")
            let daemon = try Ultrad(
                executable: ultrad, folder: folder.path, upstreamPort: port, configuration: folder.path)
            let load = try FrameLoad(
                socketPath: daemon.socketPath, connections: 1, scenario: Scenario(shape: .unary, concurrency: 16))
            _ = try load.run(seconds: 0.5)
            return (folder: folder, daemon: daemon, load: load)
        }
        defer { for side in sides { side.daemon.end() } }
        var times: [[Double]] = [[], []]
        var recorded = 0
        for round in 0..<Self.rounds {
            // The order alternates as well.
            for index in round % 2 == 0 ? [0, 1] : [1, 0] {
                let before = ProcessUsage.mainThreadNanoseconds(sides[index].daemon.pid)
                let requests = try sides[index].load.run(seconds: Self.roundSeconds).requests
                let used = ProcessUsage.mainThreadNanoseconds(sides[index].daemon.pid) - before
                if index == 0 { recorded += requests }
                times[index].append(Double(used) / Double(max(1, requests)) / 1000)
            }
        }
        // Checks that the rows were written; those of the last half second may still be pending.
        let rows = try LedgerRows("\(sides[0].folder.path)/ledger.sqlite").count()
        guard rows > recorded * 9 / 10 else { throw BenchError("\(rows) rows of \(recorded) requests") }
        let differences = zip(times[0], times[1]).map { $0 - $1 }.sorted()
        func text(_ value: Double?) -> String { "\(((value ?? 0) * 100).rounded() / 100) µs" }
        print(
            "the loop's time a request, of \(recorded): \(text(median(times[0]))) with the ledger, \(text(median(times[1]))) without; "
                + "of \(Self.rounds) rounds' differences the median is \(text(median(differences))), a quarter is under "
                + "\(text(differences[Self.rounds / 4])), a quarter over \(text(differences[Self.rounds * 3 / 4]))")
    }
}
