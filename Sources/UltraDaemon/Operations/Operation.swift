internal import UltraAPI
internal import UltraSystem

/// What a client can ask for: name, who may, function. The names are the protocol's.
@Loop
struct Operation {
    typealias Function = @Loop (Daemon, Call, ClientConnection, RequestFrame) throws(UltraError) -> Void

    let name: OperationName
    let function: Function

    /// In the order `hello` lists them.
    static let table: [Operation] = [
        Operation(name: .hello) { daemon, call, _, frame throws(UltraError) in try daemon.hello(call, frame) },
        Operation(name: .ping) { _, call, _, _ in call.end { $0.ping($1) } },
        Operation(name: .generate) { daemon, call, _, frame throws(UltraError) in
            try daemon.generate(call, frame, isStream: false)
        },
        Operation(name: .stream) { daemon, call, _, frame throws(UltraError) in
            try daemon.generate(call, frame, isStream: true)
        },
        Operation(name: .embed) { daemon, call, _, frame throws(UltraError) in try daemon.embed(call, frame) },
        Operation(name: .cancel) { daemon, call, connection, frame throws(UltraError) in
            try daemon.cancel(call, frame, on: connection)
        },
        Operation(name: .models) { daemon, call, _, frame throws(UltraError) in try daemon.models(call, frame) },
        Operation(name: .status) { daemon, call, _, _ in daemon.status(call) },
        Operation(name: .probe) { daemon, call, _, frame throws(UltraError) in try daemon.probe(call, frame) },
        Operation(name: .usage) { daemon, call, _, frame throws(UltraError) in try daemon.usage(call, frame) },
        Operation(name: .subscribe) { daemon, call, _, frame throws(UltraError) in try daemon.subscribe(call, frame) },
        Operation(name: .metrics) { daemon, call, _, _ in daemon.metrics(call) },
        Operation(name: .cacheClear) { daemon, call, _, _ throws(UltraError) in try daemon.cacheClear(call) },
    ]

    static func named(_ name: OperationName) -> Operation? {
        table.first { $0.name == name }
    }
}
