import Foundation
import Testing

/// `etc/install` and `etc/uninstall` with `--destdir`, as for packages; `etc/test-service` tests them on a system.
@Suite(.timeLimit(.minutes(2)))
struct InstallTests {
    private static func script(_ name: String, _ arguments: [String]) throws -> Command {
        try Command.run("\(Command.root)/etc/\(name)", arguments, limit: 60)
    }

    private static func install(_ folder: TemporaryFolder, prefix: String) throws {
        let command = try script(
            "install", ["--destdir", folder.path, "--prefix", prefix, "--build-path", Command.products])
        #expect(command.status == 0, "\(command.error)")
    }

    /// Files and links, without directories.
    private static func files(_ folder: TemporaryFolder) throws -> Set<String> {
        Set(
            try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { path in
                var isFolder: ObjCBool = false
                let exists = FileManager.default.fileExists(atPath: "\(folder.path)/\(path)", isDirectory: &isFolder)
                return !(exists && isFolder.boolValue)
            })
    }

    @Test("installs every file at its place, and removes all except changed configuration")
    func round() throws {
        let folder = try TemporaryFolder()
        try Self.install(folder, prefix: "/usr")
        let installed = try Self.files(folder)
        for path in [
            "usr/bin/ultrad", "usr/bin/ultractl", "usr/lib/libultra.so.0", "usr/lib/libultra.so",
            "usr/include/ultra.h", "usr/lib/pkgconfig/ultra.pc", "usr/lib/systemd/system/ultrad.service",
            "usr/lib/systemd/system/ultrad.socket", "usr/lib/systemd/user/ultrad.service",
            "usr/lib/systemd/system/ultrad-http.socket", "usr/lib/systemd/user/ultrad-http.socket",
            "usr/lib/systemd/user/ultrad.socket", "usr/lib/sysusers.d/ultrad.conf", "usr/lib/tmpfiles.d/ultrad.conf",
            "usr/lib/systemd/catalog/ultrad.catalog", "usr/share/bash-completion/completions/ultractl",
            "usr/share/zsh/vendor-completions/_ultractl", "usr/share/fish/vendor_completions.d/ultractl.fish",
            "etc/ultrad/ultrad.toml", "etc/ultrad/ultrad.env",
        ] {
            #expect(installed.contains(path), "\(path)")
        }
        let pages = try FileManager.default.contentsOfDirectory(atPath: Command.root + "/etc/man")
        for page in pages { #expect(installed.contains("usr/share/man/man\(page.suffix(1))/\(page)"), "\(page)") }

        // Others must not write files that systemd reads as root, and must not read files with keys.
        let variables = "\(folder.path)/etc/ultrad/ultrad.env"
        let permissions = try FileManager.default.attributesOfItem(atPath: variables)[.posixPermissions] as? Int
        #expect(permissions == 0o600)

        let settings = "\(folder.path)/etc/ultrad/ultrad.toml"
        try "[limits]\n".write(toFile: settings, atomically: true, encoding: .utf8)
        try Self.install(folder, prefix: "/usr")
        #expect(try String(contentsOfFile: settings, encoding: .utf8) == "[limits]\n")
        #expect(try Self.files(folder) == installed)

        let removal = try Self.script("uninstall", ["--destdir", folder.path, "--prefix", "/usr"])
        #expect(removal.status == 0 && removal.output.contains("/etc/ultrad/ultrad.toml"), "\(removal)")
        #expect(try Self.files(folder) == ["etc/ultrad/ultrad.toml"])
    }

    @Test(
        "units contain the paths of the programs, and are installed where systemd reads them",
        arguments: ["/usr/local", "/opt/ultra"])
    func prefix(prefix: String) throws {
        let folder = try TemporaryFolder()
        try Self.install(folder, prefix: prefix)
        let units = folder.path + (prefix == "/usr/local" ? "/usr/local/lib/systemd" : "/etc/systemd")
        for unit in ["system/ultrad.service", "user/ultrad.service"] {
            let text = try String(contentsOfFile: "\(units)/\(unit)", encoding: .utf8)
            #expect(text.contains("\nExecStart=\(prefix)/bin/ultrad\n"))
            #expect(text.contains("\nExecReload=\(prefix)/bin/ultractl "))
        }
        let package = try String(contentsOfFile: "\(folder.path)\(prefix)/lib/pkgconfig/ultra.pc", encoding: .utf8)
        #expect(package.hasPrefix("prefix=\(prefix)\n") && package.contains("\nlibdir=\(prefix)/lib\n"))
        let removal = try Self.script("uninstall", ["--destdir", folder.path, "--prefix", prefix])
        #expect(removal.output == "Removed; nothing is left.\n")
        #expect(try Self.files(folder) == [])
    }

    // MARK: - How programs and library are linked

    private static func dynamicSection(_ file: String) throws -> String {
        let command = try Command.run("/usr/bin/readelf", ["--dynamic", "--segments", "--wide", file])
        #expect(command.status == 0, "\(command.error)")
        return command.output
    }

    @Test("programs and library resolve all functions at the start, and their tables are read-only afterwards")
    func bindNow() throws {
        let folder = try TemporaryFolder()
        try Self.install(folder, prefix: "/usr")
        for file in ["bin/ultrad", "bin/ultractl", "lib/libultra.so.0"] {
            let section = try Self.dynamicSection("\(folder.path)/usr/\(file)")
            #expect(section.contains("BIND_NOW") && section.contains("GNU_RELRO"), "\(file)")
        }
        let symbols = try Command.run(
            "/usr/bin/readelf", ["--dyn-syms", "--wide", "\(folder.path)/usr/lib/libultra.so.0"])
        #expect(symbols.output.contains(" __stack_chk_fail"))
        // The compiler fortifies only calls with known bounds: one such call proves that it is enabled.
        #expect(symbols.output.contains("_chk@"))
    }

    /// Builds a C program with a run path and these link options.
    private static func program(_ file: String, _ options: String...) throws {
        let source = file + ".c"
        try "int main(void) { return 0; }\n".write(toFile: source, atomically: false, encoding: .utf8)
        let command = try Command.run("/usr/bin/gcc", ["-o", file, source, "-Wl,-rpath,$ORIGIN"] + options)
        #expect(command.status == 0, "\(command.error)")
        #expect(try dynamicSection(file).contains("RUNPATH"))
    }

    @Test("an installed program does not search its own directory for libraries")
    func runPath() throws {
        let build = try TemporaryFolder()
        for program in ["ultrad", "ultractl"] { try Self.program("\(build.path)/\(program)") }
        let folder = try TemporaryFolder()
        let command = try Self.script(
            "install", ["--destdir", folder.path, "--prefix", "/usr", "--build-path", build.path])
        #expect(command.status == 0, "\(command.error)")
        for program in ["ultrad", "ultractl"] {
            let file = "\(folder.path)/usr/bin/\(program)"
            let section = try Self.dynamicSection(file)
            #expect(section.contains("libc.so.6") && !section.contains("RUNPATH") && !section.contains("RPATH"))
            #expect(try Command.run(file, []).status == 0)
        }
    }

    @Test("a program that needs Swift's shared library keeps its run path")
    func neededRunPath() throws {
        let folder = try TemporaryFolder()
        let library = "\(folder.path)/libswiftCore.so"
        let built = try Command.run(
            "/usr/bin/gcc", ["-shared", "-o", library, "-x", "c", "-", "-Wl,-soname,libswiftCore.so"], input: "int x;\n"
        )
        #expect(built.status == 0, "\(built.error)")
        try Self.program("\(folder.path)/program", "-Wl,--no-as-needed", library)
        #expect(
            try Self.script("remove-run-path", ["\(folder.path)/program"]) == Command(output: "", error: "", status: 0))
        #expect(try Self.dynamicSection("\(folder.path)/program").contains("RUNPATH"))
    }

    @Test("the drop-in with growing pauses is installed only for systemd 254 or newer")
    func restartPauses() throws {
        let folder = try TemporaryFolder()
        try Self.install(folder, prefix: "/usr")
        let words = try Command.run("/bin/systemctl", ["--version"]).output.split(separator: " ")
        let version = words.count > 1 ? Int(words[1]) ?? 0 : 0
        let file = "usr/lib/systemd/system/ultrad.service.d/restart.conf"
        #expect(try Self.files(folder).contains(file) == (version >= 254))
    }

    @Test(
        "wrong usage is 2, and every option is explained",
        arguments: [("install", ["--frefix", "/usr"]), ("install", ["--prefix"]), ("uninstall", ["now"])])
    func usage(script: String, arguments: [String]) throws {
        let command = try Self.script(script, arguments)
        #expect(command.status == 2 && command.error.contains("etc/\(script): "))
        let help = try Self.script(script, ["--help"])
        #expect(help.status == 0)
        let text = try String(contentsOfFile: "\(Command.root)/etc/\(script)", encoding: .utf8)
        let options = Set(text.matches(of: #/(?m)^        (?:[^\n()]*\| )?(--[a-z-]+)(?: \||\))/#).map { $0.output.1 })
        #expect(options.count >= 3)
        for option in options { #expect(help.output.contains("\(option) "), "\(option)") }
    }
}
