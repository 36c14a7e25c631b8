import Glibc
import ScriptedProvider

/// The daemon under test, with the upstream as its only provider.
final class Ultrad {
    let socketPath: String
    let pid: pid_t
    /// From exec to the first answer to `hello`.
    let readyNanoseconds: UInt64
    private let process: Subprocess

    init(executable: String, folder: String, upstreamPort: UInt16, configuration: String? = nil) throws {
        socketPath = "\(folder)/ultrad.sock"
        unlink(socketPath)
        let start = nowNanoseconds()
        let configured = configuration.map { ["CONFIGURATION_DIRECTORY": $0] } ?? [:]
        process = try Subprocess(
            executable, ["--socket", socketPath],
            environment: [
                "OPENAI_API_KEY": "test", "OPENAI_API_ENDPOINT": "http://127.0.0.1:\(upstreamPort)/v1",
                "MAX_CONCURRENT_OPENAI": "4096", "LOG_LEVEL": "error", "HOME": folder, "STATE_DIRECTORY": folder,
                "XDG_CONFIG_HOME": folder, "XDG_RUNTIME_DIR": folder, "NO_PROXY": "*",
            ].merging(configured) { $1 }, cpu: Machine.proxyCPU)
        pid = process.pid
        while true {
            if let fd = try? Loopback.connect(unix: socketPath) {
                defer { close(fd) }
                var hello = FrameConnection.frame(#"{"id":1,"op":"hello","protocol":1,"client":"ultrabench/1"}"#)
                var answer = [UInt8](repeating: 0, count: 4096)
                guard write(fd, &hello, hello.count) == hello.count, read(fd, &answer, answer.count) > 4 else {
                    throw BenchError("ultrad did not answer hello")
                }
                break
            }
            guard nowNanoseconds() - start < 5_000_000_000 else { throw BenchError("ultrad does not listen") }
            usleep(50)
        }
        readyNanoseconds = nowNanoseconds() - start
    }

    func end() { process.end() }
}
