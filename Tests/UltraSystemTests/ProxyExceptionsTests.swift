import Testing

@testable import UltraSystem

/// Values of `NO_PROXY` as they occur in practice.
@Suite("Hosts without a proxy")
struct ProxyExceptionsTests {
    static let table: [(list: String?, origin: String, isDirect: Bool)] = [
        (nil, "http://a.example", false),
        ("", "http://a.example", false),
        ("*", "https://a.example", true),
        ("a.example", "https://a.example", true),
        ("A.Example", "https://a.EXAMPLE:8443", true),
        ("a.example.", "https://a.example", true),
        ("example", "https://a.example", true),
        (".example", "https://a.example", true),
        ("*.example", "https://a.example", true),
        (".a.example", "https://a.example", true),
        ("b.example", "https://a.example", false),
        ("ample", "https://a.example", false),
        ("a.example:8080", "http://a.example:8080", true),
        ("a.example:8080", "http://a.example", false),
        ("a.example:80", "http://a.example", true),
        ("a.example:443", "https://a.example", true),
        ("a.example:443", "http://a.example", false),
        ("x.example,a.example", "http://a.example", true),
        (" x.example , a.example ", "http://a.example", true),
        ("x.example a.example", "http://a.example", true),
        ("x.example\ta.example,", "http://a.example", true),
        (",,a.example,,", "http://a.example", true),
        ("10.1.2.3", "http://10.1.2.3:11434", true),
        ("10.1.2.3:11434", "http://10.1.2.3:11434", true),
        ("10.1.2.3:11435", "http://10.1.2.3:11434", false),
        ("10.0.0.0/8", "http://10.1.2.3", true),
        ("10.0.0.0/8", "http://11.1.2.3", false),
        ("10.1.2.0/23", "http://10.1.3.9", true),
        ("10.1.2.0/23", "http://10.1.4.9", false),
        ("0.0.0.0/0", "http://10.1.4.9", true),
        ("10.0.0.0/33", "http://10.1.2.3", false),
        ("10.0.0.0/8", "http://ten.example", false),
        ("10.*", "http://10.1.2.3", true),
        ("10.1.*", "http://10.2.2.3", false),
        ("10.", "http://10.1.2.3", true),
        ("2001:db8::1", "http://[2001:db8::1]:80", true),
        ("[2001:db8::1]", "http://[2001:DB8::1]", true),
        ("[2001:db8::1]:8080", "http://[2001:db8::1]:8080", true),
        ("[2001:db8::1]:8080", "http://[2001:db8::1]", false),
        ("2001:db8::/32", "http://[2001:db8:1::9]", true),
        ("2001:db8::/32", "http://[2001:db9::9]", false),
        ("10.1.2.3", "http://[2001:db8::1]", false),
        ("a.*.example", "http://a.b.example", false),
    ]

    @Test("entries are names, addresses, networks, with or without a port", arguments: table)
    func entries(list: String?, origin: String, isDirect: Bool) {
        #expect(ProxyExceptions(list).contains(origin) == isDirect)
    }

    @Test(
        "hosts on this machine are not reached through a proxy on another",
        arguments: [
            ("http://localhost:11434", true), ("http://LOCALHOST", true), ("http://api.localhost", true),
            ("http://127.0.0.1:1", true), ("http://127.8.9.1", true), ("http://[::1]:80", true),
            ("http://[::ffff:127.0.0.1]", true), ("http://0.0.0.0:11434", true), ("http://[::]", true),
            ("http://localhost.example", false), ("http://10.0.0.1", false), ("http://[::2]", false),
            ("http://128.0.0.1", false), ("http://notlocalhost", false),
        ])
    func thisMachine(origin: String, isLocal: Bool) {
        #expect(ProxyExceptions.isThisMachine(origin) == isLocal)
        var settings = TransportSettings()
        settings.httpProxy = "http://user:p@ss@proxy.example:3128/"
        #expect((settings.proxy(for: origin) == nil) == isLocal)
        settings.httpProxy = "http://user:p@ss@127.0.0.1:3128/"
        #expect(settings.proxy(for: origin) != nil)
    }

    @Test(
        "a proxy is named without user and password",
        arguments: [
            ("http://proxy.example:3128", "proxy.example:3128"), ("proxy.example", "proxy.example"),
            ("http://user:word@proxy.example:3128/", "proxy.example:3128"),
            ("http://user:w@r/d@proxy.example:3128", "proxy.example:3128"),
            ("user:word@[::1]:3128", "[::1]:3128"),
        ])
    func name(url: String, name: String) {
        #expect(CurlEasy.name(ofProxy: url) == name)
    }
}
