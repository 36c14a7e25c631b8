// The upstream of benchmarks: `scripted-provider [--port N] [--cpu N] [--until-stdin-closes]`.
// Prints its port when it listens. How it streams is set by `PUT /plan`, see `StreamPlan`.
import CLinux
import Glibc

func option(_ name: String) -> Int? {
    guard let index = CommandLine.arguments.firstIndex(of: name), index + 1 < CommandLine.arguments.count else {
        return nil
    }
    return Int(CommandLine.arguments[index + 1])
}

if let cpu = option("--cpu") { _ = clinux_pin_to_cpu(0, CInt(cpu)) }
let server = PreparedServer(
    port: UInt16(option("--port") ?? 0), endsWithInput: CommandLine.arguments.contains("--until-stdin-closes"))
// Not print(): a pipe is buffered, and nothing may be left in a buffer here.
let line = Array("\(server.port)\n".utf8)
_ = write(1, line, line.count)
server.run()
