import Foundation
import ScriptedProvider

/// A journal for one daemon, mounted in the place of the real one, since the library knows no other path.
final class FakeJournal {
    static let canStandIn: Bool = {
        let can =
            geteuid() == 0 && access("/usr/bin/unshare", X_OK) == 0
            && (try? launch("/bin/true", in: "/tmp")) == 0
        if !can { print("no mount namespaces: journal entries are not tested") }
        return can
    }()

    private static let script = """
        mount -t tmpfs none /run && mkdir -p /run/systemd/journal && mount --bind "$1" /run/systemd/journal || exit 97
        shift
        JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec "$@"
        """

    private let folder: TemporaryFolder
    private let descriptor: Int32
    private(set) var entries: [[String: String]] = []

    init() throws {
        folder = try TemporaryFolder("ultra-journal")
        descriptor = try NotifySocket.bind("\(folder.path)/socket")
    }

    deinit { close(descriptor) }

    /// Runs the following command in a mount namespace of its own.
    var launcher: [String] { Self.launcher(folder.path) }

    private static func launcher(_ folder: String) -> [String] {
        ["/usr/bin/unshare", "-m", "--propagation", "private", "/bin/sh", "-c", script, "sh", folder]
    }

    private static func launch(_ program: String, in folder: String) throws -> Int32 {
        let process = Process()
        let command = launcher(folder) + [program]
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// The next entry with this message; all entries are kept in `entries`.
    func next(_ message: String) throws -> [String: String] {
        while let bytes = NotifySocket.receive(descriptor, milliseconds: 10_000) {
            let entry = try Self.fields(bytes)
            entries.append(entry)
            if entry["MESSAGE_ID"] == message { return entry }
        }
        throw ClientError(what: "no \(message) came, but \(entries)")
    }

    /// The journal's native protocol: `NAME=value`, or the name alone, 64 bits of length and a value with line breaks.
    private static func fields(_ bytes: [UInt8]) throws -> [String: String] {
        var fields: [String: String] = [:]
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = rest[..<end]
            rest = rest[(end + 1)...]
            if let equals = line.firstIndex(of: UInt8(ascii: "=")) {
                fields[String(decoding: line[..<equals], as: UTF8.self)] = String(
                    decoding: line[(equals + 1)...], as: UTF8.self)
            } else {
                guard rest.count >= 9 else { throw ClientError(what: "a cut journal entry") }
                let count = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
                rest = rest.dropFirst(8)
                fields[String(decoding: line, as: UTF8.self)] = String(decoding: rest.prefix(count), as: UTF8.self)
                rest = rest.dropFirst(count + 1)
            }
        }
        return fields
    }
}
