import Foundation
import Testing
import UltraAPI

/// The manual pages, checked against the header, the programs and the sources.
@Suite(.timeLimit(.minutes(3)))
struct ManualPageTests {
    private static let folder = Command.root + "/etc/man"

    private static func page(_ name: String) throws -> String {
        try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    }

    private static let names: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()

    private static let hasMan: Bool = {
        let has = access("/usr/bin/man", X_OK) == 0
        if !has { print("man is missing: the manual pages are not formatted") }
        return has
    }()

    @Test("each page is formatted without a warning, and links resolve", .enabled(if: hasMan, "needs man"))
    func formatting() throws {
        let environment = ["LC_ALL": "C.UTF-8", "MANWIDTH": "80"]
        let pages = try Self.names.filter { try !Self.page($0).hasPrefix(".so ") }
        #expect(pages.count >= 13)
        for name in pages {
            let command = try Command.run(
                "/usr/bin/man", ["--warnings", "-P", "cat", "-l", "\(Self.folder)/\(name)"], environment: environment)
            #expect(command.error == "", "\(name)")
            #expect(command.status == 0 && command.output.contains("SEE ALSO"), "\(name)")
        }
        // As installed: man resolves links relative to the folder above the sections.
        let installed = try TemporaryFolder()
        try FileManager.default.createSymbolicLink(atPath: installed.path + "/man3", withDestinationPath: Self.folder)
        let link = try Command.run(
            "/usr/bin/man", ["-M", installed.path, "--warnings", "-P", "cat", "3", "ultra_next"],
            environment: environment)
        #expect(link.error == "")
        #expect(link.output.hasPrefix("ULTRA_SEND(3)"))
    }

    // MARK: - The library

    private static let header = try? String(contentsOfFile: LibraryBuild.sources + "/include/ultra.h", encoding: .utf8)

    @Test("each function has a page, which shows it as the header declares it")
    func functions() throws {
        let header = try #require(Self.header)
        let functions = header.matches(of: /(?m)^([a-z][a-z0-9_ ]*[ *])(ultra_\w+)\(([^)]*)\);/)
        #expect(functions.count >= 30)
        let overview = try Self.page("libultra.3")
        for function in functions {
            let name = String(function.output.2)
            var text = try Self.page("\(name).3")
            if let target = text.wholeMatch(of: /\.so man3\/(.*)\n/)?.output.1 { text = try Self.page(String(target)) }
            let type = function.output.1.trimmingCharacters(in: .whitespaces)
            let parameters = function.output.3.split(separator: ",").map {
                $0.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            }
            let quotedType = type.contains(" ") ? "\"\(type)\"" : type
            let shown = ".Ft \(quotedType)\n.Fn \(name) " + parameters.map { "\"\($0)\"" }.joined(separator: " ") + "\n"
            #expect(text.contains(shown), "\(shown)")
            #expect(text.firstMatch(of: try Regex("(?m)^\\.Nm \(name)( ,)?$")) != nil, "\(name) in NAME")
            #expect(overview.contains(".It Xr \(name) 3\n"), "\(name) in libultra(3)")
        }
    }

    @Test("each constant and each member of a struct is explained")
    func constants() throws {
        let header = try #require(Self.header)
        let pages = try Self.names.filter { $0.hasSuffix(".3") }.map(Self.page).joined()
        let constants = header.matches(of: #/(?m)^    (ULTRA_(?:ERROR|KIND)_\w+) = /#).map { String($0.output.1) }
        #expect(constants.count >= 15)
        for constant in constants { #expect(pages.contains("Dv \(constant)"), "\(constant)") }
        let members = header.matches(of: #/(?m)^    (?:size_t|const char|int64_t|double|int) \*?(\w+);/#)
        #expect(members.count >= 20)
        let structs = try Self.page("ultra_event_answer.3")
        for member in members { #expect(structs.contains("Va \(member.output.1)"), "\(member.output.1)") }
    }

    @Test("links resolve to a page, and each page has its function")
    func links() throws {
        let header = try #require(Self.header)
        for name in Self.names where name.hasPrefix("ultra_") {
            #expect(header.contains("\(name.dropLast(2))("), "\(name)")
            guard let target = try Self.page(name).wholeMatch(of: /\.so man3\/(.*)\n/)?.output.1 else { continue }
            #expect(Self.names.contains(String(target)), "\(name)")
        }
    }

    // MARK: - The protocol

    @Test("each operation and each error code is explained")
    func words() throws {
        let text = try Self.page("ultra-protocol.7")
        for operation in OperationName.allCases { #expect(text.contains(".It Li \(operation.rawValue)\n")) }
        for code in ErrorCode.allCases {
            #expect(text.firstMatch(of: try Regex("(?m)^\\.It Li (.* Li )?\(code.rawValue)( ,.*)?$")) != nil, "\(code)")
        }
    }

    /// The text of the sources below `folder` with one of the suffixes.
    private static func sources(_ folder: String, _ suffixes: [String] = [".swift"]) throws -> String {
        let base = Command.root + "/Sources/" + folder
        let paths = try FileManager.default.subpathsOfDirectory(atPath: base)
        return try paths.filter { path in suffixes.contains { path.hasSuffix($0) } }
            .map { try String(contentsOfFile: "\(base)/\($0)", encoding: .utf8) }.joined(separator: "\n")
    }

    @Test("each field that the daemon reads or writes is explained")
    func fields() throws {
        let read = try Self.sources("UltraAPI", ["Fields.swift", "RequestFrame.swift"])
        let written = try ["UltraAPI", "UltraDaemon/Operations", "UltraDaemon/Events", "UltraDaemon/Relay"]
            .map { try Self.sources($0) }.joined()
        let names = Set(
            read.matches(of: /case "([a-z_]+)"/).map { String($0.output.1) }
                + written.matches(
                    of: /(?:field|fieldOrNull|fieldIfPresent|key|strings|microUSD|milliseconds)\("([a-z_0-9]+)"/
                ).map { String($0.output.1) })
        #expect(names.count >= 100)
        let text = try Self.page("ultra-protocol.7")
        // Names of fields are marked up, in a list of names, or in JSON.
        for name in names.sorted() {
            let shown = try Regex(#"(?m)(^\.(It |Pq |Pf )?Li |, | Li |No or |No | , |\\\(dq|")\#(name)\b"#)
            #expect(text.firstMatch(of: shown) != nil, "\(name)")
        }
    }

    // MARK: - The programs

    @Test("each verb and option of ultractl is explained")
    func ultractl() throws {
        let text = try Self.page("ultractl.1")
        let help = try Command.run(Command.ultractl, ["--help"]).output
        let list = help.split(separator: "SUBCOMMANDS:").last ?? ""
        let verbs = list.matches(of: /(?m)^  ([a-z][a-z-]*)/).map { String($0.output.1) }
        #expect(verbs.count >= 5)
        for verb in verbs {
            #expect(text.firstMatch(of: try Regex("(?m)^\\.It Cm \(verb)\\b")) != nil, "\(verb)")
            try Self.expectOptions(of: Command.ultractl, ["help", verb], in: text)
        }
        try Self.expectOptions(of: Command.ultractl, ["--help"], in: text)
    }

    @Test("each option of ultrad is explained")
    func ultrad() throws {
        try Self.expectOptions(of: Command.products + "/ultrad", ["--help"], in: try Self.page("ultrad.8"))
    }

    private static func expectOptions(of program: String, _ arguments: [String], in text: String) throws {
        let help = try Command.run(program, arguments)
        #expect(help.status == 0)
        let options = Set(help.output.matches(of: /--([a-z][a-z-]+)/).map { String($0.output.1) })
        #expect(!options.isEmpty)
        for option in options.sorted() {
            let shown = try Regex("Fl Fl \(option.replacing("-", with: "\\\\?-"))( |$)").anchorsMatchLineEndings()
            #expect(text.firstMatch(of: shown) != nil, "--\(option) of \(arguments.last ?? "")")
        }
    }

    @Test(
        "each environment variable is explained",
        arguments: [
            ("ultrad.8", ["UltraDaemon", "UltraProviders", "UltraSystem", "ultrad"]), ("ultractl.1", ["ultractl"]),
            ("libultra.3", ["libultra"]),
        ])
    func variables(_ page: String, _ folders: [String]) throws {
        let sources = try folders.map { try Self.sources($0, [".swift", ".c"]) }.joined(separator: "\n")
        // Lines that read variables; other words in capitals belong to providers.
        let lines = sources.split(separator: "\n").filter {
            $0.firstMatch(of: #/(value|flag|number|problem|getenv)\("|environment\["|Variables?: /#) != nil
        }
        let names = Set(
            lines.flatMap { $0.matches(of: /"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)"/) }.map { String($0.output.1) })
        #expect(!names.isEmpty)
        let text = try Self.page(page)
        for name in names.sorted() { #expect(text.contains("Ev \(name)"), "\(name)") }
    }

    @Test("each signal the daemon acts on is explained")
    func signals() throws {
        let names = Set(try Self.sources("UltraDaemon").matches(of: /"(SIG[A-Z]+)"/).map { String($0.output.1) })
        #expect(!names.isEmpty)
        let text = try Self.page("ultrad.8")
        for name in names { #expect(text.contains(name)) }
    }
}
