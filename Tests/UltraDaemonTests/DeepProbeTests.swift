import Foundation
import ScriptedProvider
import Testing

@Suite("Deep probes")
struct DeepProbeTests {
    private func probe(_ script: Script) throws -> [String: Any] {
        let provider = try ScriptedProvider()
        provider.answer(RelayTests.path, with: script)
        // Its own user is an administrator.
        let answer = try DaemonProcess(openai: provider).client()
            .ask(#"{"id":1,"op":"probe","model":"openai/gpt-4o","deep":true}"#)
        return try #require((answer["results"] as? [[String: Any]])?.first)
    }

    @Test("a model that does not answer is an error of the probe, whatever the free part found")
    func failure() throws {
        let result = try probe(.json("oops", status: 500))
        #expect((result["error"] as? [String: Any])?["code"] as? String == "upstream_error")
    }

    @Test("a model that answers is none")
    func success() throws {
        let result = try probe(.json(RelayTests.answer))
        #expect(result["error"] is NSNull)
        let evidence = result["evidence"] as? [String: [String: Any]]
        #expect(evidence?["generated"]?["ok"] as? Bool == true)
    }
}
