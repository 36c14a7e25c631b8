import Foundation
import ScriptedProvider
import Testing

@Suite("Credentials of the service")
struct CredentialTests {
    @Test(
        "keys come from the credential directory, by themselves or from a folder, before those of the environment",
        arguments: ["", "keys_"])
    func key(prefix: String) throws {
        let folder = try TemporaryFolder("ultra-credentials")
        try folder.write("\(prefix)openai_api_key", "sk-credential\n")
        try folder.write("\(prefix)my_gateway_api_key", "sk-gateway\n")
        let (openai, gateway) = (try ScriptedProvider.openAI(), try ScriptedProvider.openAI())
        let daemon = try ReloadedDaemon(
            ReloadedDaemon.table("my-gateway", gateway),
            [
                "OPENAI_API_KEY": "sk-environment", "OPENAI_API_ENDPOINT": openai.url,
                "CREDENTIALS_DIRECTORY": folder.path,
            ])
        #expect(try daemon.generate(Scenario.gpt).event == "result")
        #expect(try daemon.generate("my-gateway/gpt-4o").event == "result")
        #expect(Set(openai.requests.map { $0["authorization"] }) == ["Bearer sk-credential"])
        #expect(Set(gateway.requests.map { $0["authorization"] }) == ["Bearer sk-gateway"])

        // systemd's credentials are fixed at the start; other folders are read again at a reload.
        try folder.write("\(prefix)openai_api_key", "sk-second\n")
        #expect(try daemon.ask("reload")["changed"] as? [String] == ["providers.openai"])
        #expect(try daemon.generate(Scenario.gpt).event == "result")
        #expect(openai.calls.last?["authorization"] == "Bearer sk-second")
    }
}
