import Foundation
import ScriptedProvider
import Testing

/// A conversation that continues with another provider: a signature of one provider reaches no other.
@Suite("Foreign signatures")
struct ForeignSignatureTests {
    private static let proof = "c2lnbmF0dXJl"

    private static let conversation = #"""
        {"role":"user","content":"Paris?"},
        {"role":"assistant","content":[{"type":"reasoning","text":"A city.","signature":"PROOF"}],
         "tool_calls":[{"id":"call_1","name":"weather","arguments":"{\"city\":\"Paris\"}","signature":"PROOF"}]},
        {"role":"tool","tool_call_id":"call_1","content":"sun"}
        """#

    /// The bodies that the provider receives when the conversation contains each of `proofs`.
    private func received(_ wire: Wire, _ proofs: [String]) throws -> [String] {
        let provider = try ScriptedProvider()
        let path = wire.path(wire.model, false)
        provider.answer(path, with: wire.document(wire.text.document))
        let client = try wire.daemon(provider).client()
        for (id, proof) in proofs.enumerated() {
            let messages = Self.conversation.replacing("PROOF", with: proof).replacing("\n", with: "")
            let result = try client.ask(
                #"{"id":\#(id + 1),"op":"generate","model":"\#(wire.provider)/\#(wire.model)","reasoning":{"effort":"high"},"tools":[{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}],"messages":[\#(messages)]}"#,
                id: id + 1)
            #expect(result.text == "Hello é", "\(wire.name): \(result.object)")
        }
        return provider.requests.filter { $0.path == path }.map(\.bodyText)
    }

    @Test("no provider receives another's", arguments: Wire.all)
    func others(_ wire: Wire) throws {
        let others = Wire.all.map(\.provider).filter { $0 != wire.provider }
        let bodies = try received(wire, others.map { "\($0):\(Self.proof)" })
        #expect(bodies.count == others.count)
        for (body, other) in zip(bodies, others) {
            #expect(!body.contains(Self.proof), "\(wire.name) received what \(other) had signed")
            #expect(!body.contains("\(other):"))
        }
    }

    @Test(
        "a provider's own signature reaches it without the tag; an untagged one unchanged",
        arguments: [Wire.anthropic, .gemini, .mistral])
    func own(_ wire: Wire) throws {
        for body in try received(wire, ["\(wire.provider):\(Self.proof)", Self.proof]) {
            #expect(body.contains("\"\(Self.proof)\""))
            #expect(!body.contains("\(wire.provider):"))
        }
    }
}
