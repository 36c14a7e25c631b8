import Foundation
import ScriptedProvider

/// A program called `docker` in a folder of its own, whose `docker model` runs a test's commands. It records each call.
final class StandInDocker: @unchecked Sendable {
    private let folder: TemporaryFolder

    /// The value for `PATH`.
    var path: String { folder.path }

    /// - Parameters: Shell commands; their standard input is the prompt.
    init(
        status: String = #"echo '{"running":true}'"#, list: String = "echo '[]'",
        inspect: String = #"echo '{"id":"sha256:1"}'"#, run: String = "exit 1"
    ) throws {
        folder = try TemporaryFolder("docker")
        try folder.write(
            "docker",
            """
            #!/bin/sh
            echo "$*" >> "$0.calls"
            echo $$ >> "$0.processes"
            [ "$1" = model ] || exit 125
            case "$2" in
            status) \(status) ;;
            list) \(list) ;;
            inspect) \(inspect) ;;
            run) \(run) ;;
            *) echo "docker: unknown command: docker model $2" >&2; exit 1 ;;
            esac
            """)
        guard chmod("\(path)/docker", 0o700) == 0 else { throw CocoaError(.fileWriteNoPermission) }
    }

    /// The arguments of each call, in order.
    func calls() throws -> [String] { try lines("docker.calls") }

    /// True if neither the program nor its children exist any more, not even as zombies.
    func isGone() throws -> Bool {
        let processes = try lines("docker.processes") + lines("docker.child")
        let deadline = Date(timeIntervalSinceNow: 5)
        // Children of the program are reaped by another process, with a delay.
        while Date() < deadline {
            if processes.compactMap({ pid_t($0) }).allSatisfy({ isDead($0) }) { return true }
            usleep(5000)
        }
        return false
    }

    private func isDead(_ process: pid_t) -> Bool {
        let stat = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
        // An orphan's zombie is left to init, which a container may lack.
        let isOrphan = stat.split(separator: ")").last?.split(separator: " ").dropFirst().first == "1"
        return stat.isEmpty || isOrphan && stat.contains(") Z ")
    }

    private func lines(_ name: String) throws -> [String] {
        guard FileManager.default.fileExists(atPath: "\(path)/\(name)") else { return [] }
        return try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8).split(separator: "\n").map(String.init)
    }
}
