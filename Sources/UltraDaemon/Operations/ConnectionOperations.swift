internal import UltraAPI
internal import UltraSystem

// Operations about the connection itself.

struct HelloOperation: Operation {
    let version: String

    func begin(_ call: Call, _ frame: RequestFrame, in session: any Session) throws(UltraError) {
        let hello = try frame.hello()
        guard hello.protocolVersion ?? 1 >= 1 else {
            throw UltraError(.invalidRequest, "protocol must be 1 or more; this daemon speaks 1", field: "protocol")
        }
        var report = HelloReport()
        report.protocolVersion = 1
        report.server = "ultrad/\(version)"
        report.maxFrameBytes = session.maxFrameBytes
        report.operations = Operations.table.map(\.name.rawValue)
        call.end(Report(report))
    }
}

struct PingOperation: Operation {
    func begin(_ call: Call, _ frame: RequestFrame, in session: any Session) {
        call.end(Report())
    }
}

struct CancelOperation: Operation {
    func begin(_ call: Call, _ frame: RequestFrame, in session: any Session) throws(UltraError) {
        let isCancelled = session.cancel(try frame.cancelTarget())
        call.end(Report(CancelReport(isCancelled: isCancelled)))
    }
}
