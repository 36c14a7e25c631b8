import Logging
import Testing
import UltraSystem

@testable import UltraDaemon

@Suite(".env files")
struct EnvironmentFileTests {
    @Test(
        "are lines of NAME=VALUE",
        arguments: [
            ("A=1", "1"), ("A = 1 ", "1"), ("export A=1", "1"), ("A=\"1 # 2\"", "1 # 2"), ("A=1 # 2", "1"),
            ("A=1#2", "1#2"), ("A='a\"b\\n'", "a\"b\\n"), ("A=\"a\\\"b\\n\"", "a\"b\n"), ("# x\n\nA=1\r\n", "1"),
            ("A=", nil), ("A=# nothing", nil), ("A=x=y", "x=y"),
            // Line ends of other systems, and the quoting of shells.
            ("B=2\r\nA=1\r\nC=3", "1"), ("B=2\rA=1\rC=3", "1"), ("A=\"1\"\r\nB=2\r\n", "1"),
            ("\u{FEFF}A=1\nB=2", "1"), ("\u{FEFF}# x\r\n\r\nA='1' # y\r\n", "1"), ("export\tA=1", "1"),
            ("  export  \t A = 1", "1"), ("A=1\t# 2", "1"), ("exported=2\nA=1", "1"),
            ("; x=2\n  ; y\nA=1;2", "1;2"),
        ])
    func lines(text: String, value: String?) {
        var problems = Problems()
        var environment = Environment([:])
        environment.add(text, path: "/e", &problems)
        #expect(problems.lines == [])
        #expect(environment["A"] == value)
    }

    @Test(
        "that are not are refused with the line",
        arguments: [
            ("\nA", "/e:2: is not NAME=VALUE"), ("A B=1", "/e:1: is not NAME=VALUE"),
            ("=1", "/e:1: is not NAME=VALUE"), ("A=\"1", "/e:1: A has a quote that does not end"),
            ("A='1' 2", "/e:1: A has a quote that does not end"),
            ("LOG_LEVEL=loud", "/e:1: LOG_LEVEL must be trace, debug, info, notice, warning, error or critical"),
            ("\n\nUSE_LOCAL_MODELS_WHEN_OFFLINE=maybe", "/e:3: USE_LOCAL_MODELS_WHEN_OFFLINE must be true or false"),
            ("OPENAI_API_ENDPOINT=ftp://x", "/e:1: OPENAI_API_ENDPOINT must begin with https:// or http://"),
        ])
    func refused(text: String, problem: String) {
        #expect(problems(nil, files: ["/e": FileContents(text)]) { $0.environmentFile = "/e" } == [problem])
    }

    @Test(
        "that lost a pair of quotes on their way lose it, keys among them",
        arguments: [
            ("\"k\"", "k"), ("'k'", "k"), (" \" k \" ", "k"), ("\"k", "\"k"), ("k\"", "k\""), ("\"", "\""), ("''", nil),
            ("\"a'b\"", "a'b"),
        ])
    func quotes(text: String, value: String?) {
        #expect(Environment(["A": text])["A"] == value)
    }

    @Test("fill what the environment leaves open, and no more")
    func precedence() throws {
        let files = ["/e": FileContents("DEFAULT_MODEL=mock/file\nLOG_LEVEL=debug\n")]
        let configuration = try load(nil, ["DEFAULT_MODEL": "mock/environment", "LOG_LEVEL": ""], files: files) {
            $0.environmentFile = "/e"
        }.get()
        #expect(configuration.routing.defaultModel == "mock/environment")
        #expect(configuration.logLevel == .debug)
        #expect(try load(nil, files: files).get().routing.defaultModel == nil)
    }
}
