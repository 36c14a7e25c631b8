import Glibc
import ScriptedProvider

/// The provider of all paths: `scripted-provider`, on the same processor as the client.
final class Upstream {
    let port: UInt16
    private let process: Subprocess

    init(executable: String) throws {
        process = try Subprocess(executable, ["--until-stdin-closes"], cpu: Machine.clientCPU)
        guard let port = UInt16(try process.readLine()) else { throw BenchError("\(executable) did not say its port") }
        self.port = port
    }

    /// Sets the plan of streams; returns when it is in effect.
    func setPlan(_ query: String) throws {
        let fd = try Loopback.connect(port: port)
        defer { close(fd) }
        let request = Array("PUT /plan?\(query) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        _ = write(fd, request, request.count)
        var answer = [UInt8](repeating: 0, count: 512)
        guard read(fd, &answer, answer.count) > 0 else { throw BenchError("the upstream did not take its plan") }
    }
}
