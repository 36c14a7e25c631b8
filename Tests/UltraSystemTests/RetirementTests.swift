import Foundation
import ScriptedProvider
import Testing
import UltraAPI

@testable import UltraSystem

/// Connections that are abandoned although they are open.
@Suite("Retired connections")
struct RetirementTests {
    /// The time the machine was suspended, as reported to the pool.
    @Loop
    private final class Clock {
        var suspended: UInt64 = 7_000_000_000
        var told: [String] = []
    }

    @Test("a machine that slept trusts no connection of before, whatever the host")
    func suspension() async throws {
        let providers = [try ScriptedProvider(.json("{}")), try ScriptedProvider(.json("{}"))]
        let urls = providers.map(\.url)
        let told = await LoopThread.run { () -> [String] in
            let transport = TransportTests.transport()
            let clock = Clock()
            transport.multi.pool.suspended = { clock.suspended }
            transport.onRetire = { clock.told.append($0) }
            for url in urls { #expect(await Reply.fetch(HTTPRequest(url: url), transport).status == 200) }
            // The two clocks are not read at the same instant.
            clock.suspended += 900_000_000
            for url in urls { #expect(await Reply.fetch(HTTPRequest(url: url), transport).status == 200) }
            #expect(clock.told.isEmpty)
            clock.suspended += 60_000_000_000
            for url in urls { #expect(await Reply.fetch(HTTPRequest(url: url), transport).status == 200) }
            return clock.told
        }
        #expect(Set(told) == Set(urls))
        #expect(providers.map(\.connections.count) == [2, 2])
    }

    @Test("a transfer that is under way, read or not, keeps its connection when the others are given up")
    func underWay() async throws {
        let gate = Gate()
        let provider = try ScriptedProvider(.json("{}"))
        let piece = String(repeating: "x", count: 1 << 20)
        provider.answer("/slow", with: .stream([.event("1"), .wait(gate), .event("2")]))
        // More bytes than are buffered for a slow reader: the transfer is paused.
        provider.answer("/large", with: .stream([.repeat(count: 16, [.event(piece)])]))
        let url = provider.url
        let (slow, large) = await LoopThread.run {
            let transport = TransportTests.transport()
            let timeouts = ExchangeTimeouts(connect: .seconds(30))
            let large = transport.start(HTTPRequest(url: url + "/large"), timeouts)
            while large.bufferedByteCount < Exchange.bufferLimitBytes { await large.arrival() }
            let slow = Loop.spawn { await Reply.fetch(HTTPRequest(url: url + "/slow"), transport) }
            while provider.requests.count < 2 { try? await Loop.sleep(for: .milliseconds(1)) }
            #expect(await Reply.fetch(HTTPRequest(url: url), transport).status == 200)
            transport.multi.pool.retireAll()
            // Its bytes are in the kernel, but they were requested.
            #expect(await Reply.fetch(HTTPRequest(url: url), transport).status == 200)
            gate.open()
            var (bytes, count): ([UInt8], Int) = ([], 0)
            do throws(TransportError) {
                while try await large.read(into: &bytes) { count += bytes.count }
            } catch {
                Issue.record("\(error)")
            }
            return (await slow.value, count)
        }
        #expect(slow.text == "data: 1\n\ndata: 2\n\n")
        #expect(large == 16 * (piece.utf8.count + 8))
        #expect(provider.connections.count == 4)
    }

    @Test("a fresh connection is made where it is asked for, and serves others after")
    func fresh() async throws {
        let provider = try ScriptedProvider(.json("{}"))
        let url = provider.url
        await LoopThread.run {
            let transport = TransportTests.transport()
            for isFresh in [false, false, true, false, true] {
                let exchange = transport.start(
                    HTTPRequest(url: url), ExchangeTimeouts(connect: .seconds(30)), isFresh: isFresh)
                var bytes: [UInt8] = []
                while (try? await exchange.read(into: &bytes)) == true {}
            }
        }
        #expect(provider.connections.count == 3)
    }

    @Test(
        "a failure is due to silence if the connection was silent for long, or for half of its time",
        arguments: [
            (0, 60_000, false), (9_999, 60_000, false), (10_000, 60_000, true), (60_000, 60_000, true),
            (1_000, 2_000, true), (900, 2_000, false), (0, 0, true),
        ])
    func silence(silent: Int, elapsed: Int, isSuspect: Bool) {
        #expect(Silence.explains(silent: silent, elapsed: elapsed) == isSuspect)
    }

    @Test("a compressed body has a limit, and so has what it becomes for each byte")
    func decodedSize() {
        func flaw(_ count: Int, wire: Int, _ names: [String]) -> TransportError.Kind? {
            var size = DecodedSize()
            let head = HTTPHead(status: 200, headers: names.map { HTTPHeader($0, "x") })
            guard size.needsCheck(after: count) else { return nil }
            return size.violation(head, wire)?.kind
        }
        let packed = ["content-encoding"]
        #expect(flaw(1 << 20, wire: 10, packed) == nil)
        #expect(flaw(2 << 20, wire: 1000, packed) == .protocolViolation)
        #expect(flaw(2 << 20, wire: 1000, packed + ["transfer-encoding"]) == nil)
        #expect(flaw(2 << 20, wire: 3000, packed) == nil)
        #expect(flaw(64 << 20, wire: 1 << 20, packed) == nil)
        #expect(flaw(64 << 20 + 1, wire: 1 << 20, packed) == .tooLarge)
        #expect(flaw(65 << 20, wire: 65 << 20, []) == nil)
    }
}
