import Testing
import UltraAPI
import UltraProviders
import UltraSystem

@testable import UltraDaemon

@Suite("Keys of providers")
struct ProviderKeyTests {
    static let toml = "[providers.openai]\nkey_file = \"keys/openai\"\n"
    static let groq = """
        [providers.groq]
        kind = "openai-compatible"
        endpoint = "https://api.groq.com/openai/v1"
        key_variable = "GROQ_KEY"
        key_file = "/keys/groq"
        """

    struct Row: Sendable, CustomTestStringConvertible {
        var what: String
        var environment: [String: String] = [:]
        var files: [String: String] = [:]
        var keys: [String]
        var testDescription: String { what }
    }

    @Test(
        "come from the nearest place",
        arguments: [
            Row(what: "file", files: ["/c/keys/openai": "sk-file\n"], keys: ["sk-file"]),
            Row(what: "several in a file", files: ["/c/keys/openai": "a\nb\n\nc, d\n"], keys: ["a", "b", "c", "d"]),
            Row(what: "environment", environment: ["OPENAI_API_KEY": " e1, e2 "], keys: ["e1", "e2"]),
            Row(
                what: "credential",
                environment: ["OPENAI_API_KEY": "e", "CREDENTIALS_DIRECTORY": "/run/c"],
                files: ["/run/c/openai_api_key": "sk-credential\n", "/c/keys/openai": "f"], keys: ["sk-credential"]),
            Row(
                what: "credential of a folder", environment: ["CREDENTIALS_DIRECTORY": "/run/c"],
                files: ["/run/c/ultra_openai_api_key": "sk-folder"], keys: ["sk-folder"]),
            Row(
                what: "credential by itself before that of a folder", environment: ["CREDENTIALS_DIRECTORY": "/run/c"],
                files: ["/run/c/a_openai_api_key": "sk-folder", "/run/c/openai_api_key": "sk-own"], keys: ["sk-own"]),
            Row(
                what: "no credential", environment: ["OPENAI_API_KEY": "e", "CREDENTIALS_DIRECTORY": "/run/c"],
                files: ["/run/c/xopenai_api_key": "no"], keys: ["e"]),
        ])
    func builtIn(row: Row) throws {
        let configuration = try load(Self.toml, row.environment, files: row.files.mapValues { FileContents($0) }).get()
        #expect(keys(configuration, "openai") == row.keys)
    }

    @Test(
        "come from the nearest place for other servers too",
        arguments: [
            Row(what: "file", files: ["/keys/groq": "g\n"], keys: ["g"]),
            Row(what: "environment", environment: ["GROQ_KEY": "e"], keys: ["e"]),
            Row(
                what: "credential", environment: ["GROQ_KEY": "e", "CREDENTIALS_DIRECTORY": "/run/c"],
                files: ["/run/c/groq_api_key": "c"], keys: ["c"]),
            Row(
                what: "credential by variable", environment: ["CREDENTIALS_DIRECTORY": "/run/c"],
                files: ["/run/c/groq_key": "c"], keys: ["c"]),
        ])
    func server(row: Row) throws {
        let configuration = try load(Self.groq, row.environment, files: row.files.mapValues { FileContents($0) }).get()
        #expect(keys(configuration, "groq") == row.keys)
    }

    @Test(
        "in a folder of credentials belong to the longest name they end in, and reach no other provider",
        arguments: ["my_openai_api_key", "keys_my_openai_api_key"])
    func longestName(file: String) throws {
        let toml = """
            [providers.my-openai]
            kind = "openai-compatible"
            endpoint = "https://gateway.example.com/v1"
            """
        let configuration = try load(
            toml, ["CREDENTIALS_DIRECTORY": "/run/c"], files: ["/run/c/\(file)": FileContents("sk-mine")]
        ).get()
        #expect(keys(configuration, "my-openai") == ["sk-mine"])
        #expect(keys(configuration, "openai") == [])
    }

    @Test(
        "are refused where others can read them", arguments: [0o644, 0o640, 0o604, 0o660, 0o600, 0o400] as [UInt32])
    func permissions(bits: UInt32) {
        let files = ["/c/keys/openai": FileContents("sk-secret", permissions: bits)]
        let advice = "names /c/keys/openai, which group or others can read: chmod 600 /c/keys/openai"
        #expect(
            problems(Self.toml, files: files)
                == (bits & 0o077 == 0 ? [] : ["\(filePath):2: providers.openai.key_file \(advice)"]))
    }

    @Test("never appear in problems about them")
    func redacted() {
        let secret = "sk-sec ret"
        let all = [
            problems(Self.toml, files: ["/c/keys/openai": FileContents(secret)]),
            problems(Self.groq, ["GROQ_KEY": secret]), problems(nil, ["OPENAI_API_KEY": secret]),
            problems(
                nil, ["CREDENTIALS_DIRECTORY": "/r"], files: ["/r/openai_api_key": FileContents(secret)]),
            problems(nil, files: ["/e": FileContents("OPENAI_API_KEY='\(secret)\n\(secret)")]) {
                $0.environmentFile = "/e"
            },
        ]
        for found in all {
            #expect(!found.isEmpty)
            #expect(!found.joined().contains("sec"), "\(found)")
        }
        #expect(all[0][0].hasPrefix("\(filePath):2: providers.openai.key_file holds a key with a blank"))
        #expect(all[3][0].hasPrefix("the credential openai_api_key holds a key with a blank"))
    }

    @Test("in the place of a variable's name are not shown either", arguments: ["sk-se cret", "sk-secret", "secret1"])
    func misplaced(key: String) {
        let found = problems(Self.groq.replacing("GROQ_KEY", with: key).replacing("/keys/groq", with: ""))
        #expect(found.count == 1 && found[0].hasPrefix("\(filePath):4: providers.groq.key_variable "), "\(found)")
        #expect(!found.joined().contains("secret") && !found.joined().contains("cret"))
    }

    @Test("that are missing are named by their place")
    func missing() {
        #expect(
            problems(Self.toml) == [
                "\(filePath):2: providers.openai.key_file names /c/keys/openai: No such file or directory"
            ])
        #expect(problems(Self.toml, ["OPENAI_API_KEY": "k"]) == [])
        let bare = Self.groq.split(separator: "\n").dropLast().joined(separator: "\n")
        #expect(
            problems(bare) == [
                "\(filePath):4: providers.groq.key_variable names GROQ_KEY, which is not set, and there is no key_file"
            ])
        #expect(problems(Self.toml, files: ["/c/keys/openai": FileContents("\n")]).count == 1)
    }

    private func keys(_ configuration: Configuration, _ id: String) -> [String] {
        guard case .http(_, let adapters)? = configuration.providers.first(where: { $0.id == id })?.backend else {
            return []
        }
        return adapters.compactMap { $0.key?.exposed() }
    }
}
