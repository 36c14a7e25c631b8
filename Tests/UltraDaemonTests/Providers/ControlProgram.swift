import Foundation

/// The built `ultractl`, started as by a user at a terminal.
struct ControlProgram {
    let daemon: DaemonProcess

    /// Runs `ultractl call OP JSON`; returns the printed frames and the exit status.
    func call(_ op: String, _ fields: [String: Any]) throws -> (frames: [Frame], status: Int32) {
        let json = try JSONSerialization.data(withJSONObject: fields)
        let process = Process()
        process.executableURL = DaemonProcess.binary("ultractl")
        process.arguments = ["call", "--timeout", "20", op, String(decoding: json, as: UTF8.self)]
        process.environment = ["ULTRAD_SOCKET": daemon.socketPath]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let printed = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let frames = try printed.split(separator: UInt8(ascii: "\n")).map { line in
            guard let object = try JSONSerialization.jsonObject(with: line) as? [String: Any] else {
                throw ClientError(what: "ultractl printed no object")
            }
            return Frame(object: object)
        }
        return (frames, process.terminationStatus)
    }

    /// The one frame of a request that is not streamed.
    func ask(_ op: String, _ fields: [String: Any]) throws -> Frame {
        let (frames, status) = try call(op, fields)
        guard let last = frames.last, last.event == "error" || status == 0 else {
            throw ClientError(what: "ultractl call \(op) ended with \(status): \(daemon.logText)")
        }
        return last
    }
}
