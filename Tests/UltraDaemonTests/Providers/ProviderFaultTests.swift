import Foundation
import ScriptedProvider
import Testing

/// Every provider fails in every way, unary and streamed, and the client receives the same error from all.
@Suite("Provider faults")
struct ProviderFaultTests {
    @Test("each fault of each provider reaches the client with its code", arguments: Wire.all)
    func faults(_ wire: Wire) throws {
        try check(wire, ScriptedProvider())
    }

    @Test("faults behind a Unix socket give the same errors as over TCP")
    func socketFaults() throws {
        let folder = try TemporaryFolder("docker")
        let path = "\(folder.path)/docker.sock"
        try check(.docker(socket: path), ScriptedProvider(at: .unix(path: path)))
    }

    private func check(_ wire: Wire, _ provider: ScriptedProvider) throws {
        let client = try wire.daemon(provider).client()
        var number = 0
        for fault in ProviderFault.all {
            for isStream in [false, true] {
                guard let script = fault.script(wire, isStream) else { continue }
                number += 1
                // Each fault has a model of its own, since a model that fails often is not tried for a while.
                let model = "\(wire.model)-f\(number)"
                provider.answer(wire.path(model, isStream), with: script)
                let last = try client.ask(
                    #"{"id":\#(number),"op":"\#(isStream ? "stream" : "generate")","model":"\#(wire.provider)/\#(model)","prompt":"hi"\#(fault.members)}"#,
                    id: number)
                let place = "\(fault.name), \(isStream ? "streamed" : "unary"): \(last.error)"
                #expect(last.event == "error", "\(place)")
                #expect(ProviderFault.Told(last) == fault.told(wire, isStream), "\(place)")
                #expect(last.error["provider"] as? String == wire.provider, "\(place)")
                #expect(last.error["model"] as? String == "\(wire.provider)/\(model)", "\(place)")
                let attempts = last.error["attempts"] as? [[String: Any]]
                let tries = attempts?.filter { $0["outcome"] as? String == "error" }
                #expect(tries?.last?["error"] as? String == last.code, "\(place)")
                // A probe resets the state of refused keys and unreachable hosts.
                number += 1
                let probe = try client.ask(
                    #"{"id":\#(number),"op":"probe","provider":"\#(wire.provider)"}"#, id: number)
                #expect(probe.event == "result", "\(place)")
            }
        }
        number += 1
        provider.answer(wire.path(wire.model, false), with: wire.document(wire.text.document))
        let answer = try client.ask(
            #"{"id":\#(number),"op":"generate","model":"\#(wire.provider)/\#(wire.model)","prompt":"hi"}"#, id: number)
        #expect(answer.text == "Hello é", "\(answer.object)")
    }

    @Test("a host that refuses connections is reported, for every provider", arguments: Wire.all)
    func refused(_ wire: Wire) throws {
        let port = try DeadPort(.refuses)
        try checkRefused(wire, wire.environment(port.url))
    }

    @Test("a missing Unix socket is reported like a host that refuses connections")
    func socketRefused() throws {
        let wire = Wire.docker(socket: "/nonexistent/docker.sock")
        try checkRefused(wire, wire.environment(""))
    }

    private func checkRefused(_ wire: Wire, _ environment: [String: String]) throws {
        let client = try DaemonProcess(environment).client()
        for (id, op) in [(1, "generate"), (2, "stream")] {
            let last = try client.ask(
                #"{"id":\#(id),"op":"\#(op)","model":"\#(wire.provider)/\#(wire.model)","prompt":"hi"}"#, id: id)
            #expect(
                ProviderFault.Told(last) == ProviderFault.told("connect_failed", wire, status: nil), "\(last.error)")
            #expect(last.error["provider"] as? String == wire.provider)
            #expect((last.error["hint"] as? String)?.isEmpty == false)
        }
    }

    @Test("undamaged fixtures are answered well, for every provider", arguments: Wire.all)
    func answers(_ wire: Wire) throws {
        let provider = try ScriptedProvider()
        let client = try wire.daemon(provider).client()
        for (id, isStream) in [(1, false), (2, true)] {
            provider.answer(
                wire.path(wire.model, isStream),
                with: isStream ? wire.stream(wire.text.stream) : wire.document(wire.text.document))
            client.send(
                #"{"id":\#(id),"op":"\#(isStream ? "stream" : "generate")","model":"\#(wire.provider)/\#(wire.model)","prompt":"hi"}"#
            )
            let frames = try client.frames(id)
            #expect(frames.compactMap(\.text).joined() == "Hello é", "\(frames.map(\.object))")
            #expect(frames.last?["finish_reason"] as? String == "stop")
            #expect(frames.last?["request_id"] as? String == wire.requestIDHeader.map { _ in "req-1" })
        }
    }
}

extension ProviderFault.Told {
    init(_ frame: Frame) {
        let error = frame.error
        self.init(
            code: frame.code ?? "none", status: error["status"] as? Int,
            providerCode: error["provider_code"] as? String, requestID: error["request_id"] as? String,
            isRetryable: error["retryable"] as? Bool ?? false, retryAfter: error["retry_after_ms"] as? Int,
            timeout: error["timeout"] as? String)
    }
}
