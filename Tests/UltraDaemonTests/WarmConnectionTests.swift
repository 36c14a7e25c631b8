import Foundation
import ScriptedProvider
import Testing

@Suite(
    "A warm connection, 40 ms away",
    .enabled(
        if: DelayedNetwork.isAvailable && TLSFront.isAvailable,
        "NOT TESTED: that a warm connection saves two round trips needs root, /dev/net/tun, nginx and openssl"))
struct WarmConnectionTests {
    static let roundTrip = Duration.milliseconds(40)
    static let rounds = 9

    private static let path = "/v1/chat/completions"

    @Test("the first token comes two round trips sooner than with a fresh curl, the very first one included")
    func firstToken() throws {
        let network = try DelayedNetwork(oneWay: Self.roundTrip / 2)
        let (provider, front) = try network.on(.server) {
            let provider = try ScriptedProvider()
            return (provider, try TLSFront(to: provider, at: DelayedNetwork.serverAddress))
        }
        provider.answer(
            Self.path, with: .events([RelayTests.chunk("Hel"), RelayTests.chunk("lo"), RelayTests.finish]))
        let daemon = try network.on(.client) {
            try DaemonProcess(
                openai: front.url(.good), ["SSL_CERT_FILE": front.caFile], file: PoolScenarios.unprobed)
        }
        let client = try daemon.client()

        // A connection is open before the first request.
        #expect(try provider.blockForRequest().method == "HEAD")
        while try Self.pool(client)["idle"] as? Int != 1 {}
        #expect(try Self.pool(client)["handshakes"] as? Int == 1)
        #expect(try Self.pool(client)["protocol"] as? String == "h2")

        var (warm, fresh): ([Duration], [Duration]) = ([], [])
        for round in 1...Self.rounds {
            warm.append(try Self.viaDaemon(client, round))
            fresh.append(try network.on(.client) { try Self.viaCurl(front) })
        }
        // It is still the first connection.
        #expect(try Self.pool(client)["handshakes"] as? Int == 1)
        #expect(try Self.pool(client)["reused"] as? Int == Self.rounds)
        let connections = Set(front.log.compactMap { $0.split(separator: " ").dropFirst().first })
        #expect(connections.count == 1 + Self.rounds)

        let (median, slow) = (warm.sorted()[Self.rounds / 2], fresh.sorted()[Self.rounds / 2])
        let saved = (slow - median) / Self.roundTrip
        print(
            "warm connection: first token after \(median), first \(warm[0]), fresh curl \(slow), \(saved) round trips")
        #expect(saved >= 2, "\(median) through the daemon, \(slow) with curl")
        #expect(slow - warm[0] >= Self.roundTrip * 1.5, "the first answer took \(warm[0])")
    }

    private static func pool(_ client: Client) throws -> [String: Any] {
        (try client.ask(#"{"id":1,"op":"status"}"#)["pool"] as? [[String: Any]])?.first ?? [:]
    }

    /// The time from the request to the first text.
    private static func viaDaemon(_ client: Client, _ round: Int) throws -> Duration {
        let start = ContinuousClock.now
        client.send(#"{"id":\#(round + 1),"op":"stream",\#(Scenario.fields(Scenario.gpt))}"#)
        while let frame = try client.next(), frame["text"] == nil {
            if frame.isTerminal { throw ClientError(what: "\(frame.object)") }
        }
        let took = ContinuousClock.now - start
        _ = try client.frames(round + 1)
        return took
    }

    /// The time to the first byte of the answer by curl's own clock, which excludes the start of the process.
    private static func viaCurl(_ front: TLSFront) throws -> Duration {
        let curl = try Subprocess(
            "/usr/bin/curl",
            [
                "--silent", "--show-error", "--no-buffer", "--cacert", front.caFile, "--output", "/dev/null",
                "--write-out", "%{time_starttransfer}\n", "--json", #"{"stream":true}"#, front.url(.good) + path,
            ])
        let seconds = Double(try curl.readLine())
        guard curl.wait() == 0, let seconds else { throw ClientError(what: "curl failed") }
        return .seconds(seconds)
    }
}
