import ArgumentParser
import CCurl
import CLinux
import Glibc
import ScriptedProvider

/// Measures the daemon against libcurl connected to the upstream directly and against nginx: one run, interleaved
/// rounds.
@main
struct Ultrabench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ultrabench",
        abstract: "Measures ultrad beside libcurl and nginx, all on the loopback interface.",
        discussion: """
            The proxy under test has processor 0 for itself, client and upstream share processor 1. Figures are \
            medians over the rounds; ratios are medians of the rounds' own ratios.
            """)

    @Option(help: ArgumentHelp("Write every figure to this file.", valueName: "file"))
    var json: String?

    @Flag(help: "One short round, a minute at most.")
    var quick = false

    @Flag(help: "Measure answers from the daemon's cache alone.")
    var cache = false

    @Flag(help: "Measure the ledger alone: usage of a million rows, and the loop's time for each request.")
    var ledger = false

    @Option(help: "Rounds at most.")
    var rounds = 5

    @Option(help: ArgumentHelp("Begin no round that would end later than this.", valueName: "seconds"))
    var budget = 105.0

    @Option(help: "The daemon.")
    var ultrad = ".build/release/ultrad"

    @Option(help: "The command line client.")
    var ultractl = ".build/release/ultractl"

    @Option(help: "The upstream.")
    var provider = ".build/release/scripted-provider"

    @Option(help: "nginx.")
    var nginx = "nginx"

    func validate() throws {
        for path in [ultrad, provider] where access(path, X_OK) != 0 {
            throw ValidationError("no \(path): build it with swift build -c release")
        }
        guard (1...100).contains(rounds), (1...600).contains(budget) else {
            throw ValidationError("1 to 100 rounds, 1 to 600 seconds")
        }
    }

    func run() throws {
        Machine.raiseDescriptorLimit()
        RunningChildren.endWithThisProcess()
        guard clinux_pin_to_cpu(0, CInt(Machine.clientCPU)) == 0 else {
            throw BenchError("two processors are needed: one for the proxy, one for client and upstream")
        }
        if cache { return try CacheHits(ultrad: ultrad, provider: provider).run() }
        if ledger { return try LedgerBench(ultrad: ultrad, provider: provider).run() }
        curl_global_init(Int(CURL_GLOBAL_ALL))
        var settings = Bench.Settings()
        (settings.ultrad, settings.ultractl, settings.provider, settings.nginx) = (ultrad, ultractl, provider, nginx)
        (settings.rounds, settings.budgetSeconds) = (rounds, budget)
        if quick {
            (settings.rounds, settings.unarySeconds, settings.burstSeconds) = (1, 0.2, 0.05)
            (settings.starts, settings.statusCalls) = (3, 10)
        }
        let bench = try Bench(settings)
        try bench.run()
        print(Table(comparison: bench.comparison, footprint: bench.footprint).text)
        let share = Int((bench.foreignShare * 100).rounded())
        if share > 5 { say("WARNING: other processes had \(share) % of the proxy's processor: do not quote this run") }
        for omission in bench.omissions { say("WARNING: \(omission)") }
        if let json { try write(Report(bench: bench, versions: versions), to: json) }
    }

    private var versions: [(name: String, text: String)] {
        [("libcurl", String(cString: curl_version()))]
    }

    private func write(_ report: Report, to path: String) throws {
        let fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        try BenchError.check("open \(path)", fd)
        defer { close(fd) }
        let bytes = report.json
        guard Glibc.write(fd, bytes, bytes.count) == bytes.count else { throw BenchError("cannot write \(path)") }
    }
}
