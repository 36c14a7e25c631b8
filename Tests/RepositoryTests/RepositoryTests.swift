import Foundation
import Testing

/// Rules that all sources of the project keep.
@Suite("Repository")
struct RepositoryTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Tracked and new files below `folder`, with their paths from the repository's root.
    static func files(in folder: String, _ suffixes: [String]) -> [(path: String, text: String)] {
        let base = root.appending(path: folder)
        guard let walker = FileManager.default.enumerator(atPath: base.path()) else { return [] }
        return walker.compactMap { $0 as? String }
            .filter { path in suffixes.contains { path.hasSuffix($0) } }
            .sorted()
            .compactMap { path in
                (try? String(contentsOf: base.appending(path: path), encoding: .utf8)).map { ("\(folder)/\(path)", $0) }
            }
    }

    /// `path:line: text` of each source line that matches; comments are skipped.
    static func lines(in files: [(path: String, text: String)], matching pattern: String) throws -> [String] {
        let expression = try Regex(pattern)
        return files.flatMap { file in
            file.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
                .filter { !$1.drop { $0 == " " }.hasPrefix("//") && $1.firstMatch(of: expression) != nil }
                .map { "\(file.path):\($0 + 1): \($1)" }
        }
    }

    @Test("the top level is as specified")
    func topLevel() throws {
        let specified = [
            "Package.swift", "Sources", "Tests", "systemd", "etc", "README.md", "LICENSE", "Package.resolved",
        ]
        let found = try FileManager.default.contentsOfDirectory(atPath: Self.root.path()).filter { !$0.hasPrefix(".") }
        #expect(found.filter { !specified.contains($0) } == [])
    }

    @Test("no source imports a module that links Foundation or leaves the loop")
    func imports() throws {
        let found = try Self.lines(
            in: Self.files(in: "Sources", [".swift"]), matching: #"import (Foundation$|FoundationNetworking|Dispatch)"#)
        #expect(found == [])
    }

    @Test(
        "modules import only what the architecture allows",
        arguments: [
            ("UltraAPI", "UltraDialects|UltraProviders|UltraSystem|UltraDaemon|CCurl|CSystemd|CSQLite|Logging"),
            ("UltraDialects", "UltraProviders|UltraSystem|UltraDaemon|CCurl|CSystemd|CSQLite|Logging"),
            ("UltraProviders", "UltraSystem|UltraDaemon|CCurl|CSystemd|CSQLite|Logging"),
            ("UltraSystem", "UltraDialects|UltraProviders|UltraDaemon"), ("UltraDaemon", "CCurl|CSystemd|CSQLite"),
            ("ultrad", "CCurl|CSystemd|CSQLite"),
            ("ultractl", "UltraDialects|UltraSystem|UltraDaemon|UltraProviders|CCurl|CSystemd|CSQLite"),
        ])
    func layers(module: String, forbidden: String) throws {
        let found = try Self.lines(
            in: Self.files(in: "Sources/\(module)", [".swift"]), matching: "import (\(forbidden))$")
        #expect(found == [])
    }

    @Test("tasks start in one place, and nothing leaves the loop")
    func tasks() throws {
        let found = try Self.lines(
            in: Self.files(in: "Sources", [".swift"]),
            matching: #"\bTask *[{(]|Task\.detached|Task\.sleep|AsyncStream|DispatchQueue|@MainActor"#)
        #expect(found.filter { !$0.hasPrefix("Sources/UltraSystem/Loop/Loop.swift:") } == [])
    }

    @Test("accounts are looked up at the start and on the disk thread only: directory servers are slow")
    func accounts() throws {
        let daemon = ["UltraSystem", "UltraDaemon", "ultrad"].flatMap { Self.files(in: "Sources/\($0)", [".swift"]) }
        let found = try Self.lines(in: daemon, matching: #"AccountNames\.|GroupID\.|getpw|getgr"#)
        let allowed = [
            "Sources/UltraSystem/Account",
            "Sources/UltraDaemon/Budgets/NamedAccounts",
        ]
        #expect(found.filter { line in !allowed.contains(where: line.hasPrefix) } == [])
    }

    @Test("no precondition checks the result of a system call: preconditions check callers")
    func preconditions() throws {
        let found = try Self.lines(
            in: Self.files(in: "Sources/UltraSystem", [".swift"]), matching: #"\bprecondition\("#)
        #expect(found.filter { !$0.contains("isCurrent") && !$0.contains("thread == nil") } == [])
    }

    @Test("no source traps on input, and none contains a TODO")
    func traps() throws {
        let found = try Self.lines(
            in: Self.files(in: "Sources", [".swift"]), matching: #"try!|fatalError\(|\bTODO\b|\bFIXME\b|as!"#)
        #expect(found == [])
    }

    @Test("JSON from providers is read with `JSONReader(reply:)`")
    func replyReaders() throws {
        let files = Self.files(in: "Sources/UltraProviders", [".swift"]).filter { file in
            ["+Decode.swift", "/Replies/", "/Errors/"].contains { file.path.contains($0) }
        }
        #expect(try Self.lines(in: files, matching: #"JSONReader(\.read)?\((?!reply:)"#) == [])
    }

    @Test("@unchecked Sendable stays in the event loop")
    func unchecked() throws {
        let found = try Self.lines(in: Self.files(in: "Sources", [".swift"]), matching: "@unchecked Sendable")
        #expect(found.filter { !$0.hasPrefix("Sources/UltraSystem/Loop/EventLoop.swift:") } == [])
    }

    @Test("no file has more than 400 lines")
    func fileSize() {
        let long = Self.files(in: "Sources", [".swift", ".c", ".h"])
            .filter { $0.text.split(separator: "\n", omittingEmptySubsequences: false).count > 401 }
            .map(\.path)
        #expect(long == [])
    }

    @Test("the version number is written once, in ultra.h, and the changelog begins with it")
    func version() throws {
        let header = try String(
            contentsOf: Self.root.appending(path: "Sources/libultra/include/ultra.h"), encoding: .utf8)
        let match = try #require(header.firstMatch(of: /\n#define ULTRA_VERSION "([0-9]+\.[0-9]+\.[0-9]+)"\n/))
        let version = String(match.output.1)
        let files =
            Self.files(in: "Sources", [".swift", ".c", ".h"]) + Self.files(in: "etc", [""])
            + Self.files(in: "systemd", [""])
        let found = files.filter { $0.text.contains(version) }.map(\.path)
        #expect(found.sorted() == ["Sources/libultra/include/ultra.h", "etc/doc/changelog.md"])
        let changelog = try #require(files.first { $0.path == "etc/doc/changelog.md" }).text
        #expect(changelog.firstMatch(of: /\n## (\S+)/)?.output.1 == version[...])
    }

    @Test("architecture.md lists every folder of Sources and no other")
    func folders() throws {
        let page = try String(contentsOf: Self.root.appending(path: "etc/doc/architecture.md"), encoding: .utf8)
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }
        let listed = rows.flatMap { row in
            row.split(separator: "|")[0].split(separator: "`").map(String.init).filter { $0.first?.isLetter == true }
        }
        let found = Set(
            Self.files(in: "Sources", [".swift", ".c", ".h", ".cpp", ".modulemap"]).map { file in
                file.path.split(separator: "/").dropFirst().dropLast().joined(separator: "/")
            }
        )
        .filter { !$0.hasPrefix("C") }
        .union(["CCrypto", "CCurl", "CSQLite", "CSignal", "CStart", "CSystemd", "CToml"])
        #expect(Set(listed).symmetricDifference(found) == [])
    }

    @Test("no type has a name that says nothing")
    func names() {
        let vague = ["Manager", "Helper", "Utils", "Utility", "Service.swift", "Common", "Impl.swift", "Base.swift"]
        let found = Self.files(in: "Sources", [".swift"]).map(\.path)
            .filter { path in vague.contains { path.split(separator: "/").last?.contains($0) == true } }
        #expect(found == [])
    }

    @Test("the commands for building and testing are executable", arguments: ["etc/run", "etc/test", ".ci/run"])
    func scripts(path: String) {
        #expect(FileManager.default.isExecutableFile(atPath: Self.root.appending(path: path).path()))
    }
}
