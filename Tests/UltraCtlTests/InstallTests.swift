import Foundation
import Testing

/// `etc/install` and `etc/uninstall` below a folder, as packages are built; on a system they are tested by
/// `etc/test-service`.
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

    @Test("everything is where it is looked for, and goes again but for what was changed")
    func round() throws {
        let folder = try TemporaryFolder()
        try Self.install(folder, prefix: "/usr")
        let installed = try Self.files(folder)
        for path in [
            "usr/bin/ultrad", "usr/bin/ultractl", "usr/lib/libultra.so.0", "usr/lib/libultra.so",
            "usr/include/ultra.h", "usr/lib/pkgconfig/ultra.pc", "usr/lib/systemd/system/ultrad.service",
            "usr/lib/systemd/system/ultrad.socket", "usr/lib/systemd/user/ultrad.service",
            "usr/lib/systemd/user/ultrad.socket", "usr/lib/sysusers.d/ultrad.conf", "usr/lib/tmpfiles.d/ultrad.conf",
            "usr/lib/systemd/catalog/ultrad.catalog", "usr/share/bash-completion/completions/ultractl",
            "usr/share/zsh/vendor-completions/_ultractl", "usr/share/fish/vendor_completions.d/ultractl.fish",
            "etc/ultrad/ultrad.toml", "etc/ultrad/ultrad.env",
        ] {
            #expect(installed.contains(path), "\(path)")
        }
        let pages = try FileManager.default.contentsOfDirectory(atPath: Command.root + "/etc/man")
        for page in pages { #expect(installed.contains("usr/share/man/man\(page.suffix(1))/\(page)"), "\(page)") }

        // What is read by the service manager as root may not be written by others, and keys not be read.
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
        "units name the programs where they are, and go where systemd looks", arguments: ["/usr/local", "/opt/ultra"])
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
