internal import UltraAPI
internal import UltraSystem

/// One operation of the protocol: its name, its audience, and its function.
@Loop
struct Operation {
    enum Audience {
        case anyone
        /// `Administrators` alone.
        case admins
        /// Anyone, except with `"deep":true`, which costs money.
        case adminsIfDeep
    }

    typealias Function = @Loop (Daemon, Call, any Session, RequestFrame) throws(UltraError) -> Void

    let name: OperationName
    let audience: Audience
    let function: Function

    init(_ name: OperationName, for audience: Audience, _ function: @escaping Function) {
        self.name = name
        self.audience = audience
        self.function = function
    }

    /// In the order `hello` lists them.
    static let table: [Operation] = [
        Operation(.hello, for: .anyone) { daemon, call, session, frame throws(UltraError) in
            try daemon.hello(call, frame, in: session)
        },
        Operation(.ping, for: .anyone) { _, call, _, _ in call.end(Report()) },
        Operation(.generate, for: .anyone) { daemon, call, _, frame throws(UltraError) in
            try daemon.generate(call, frame, isStream: false)
        },
        Operation(.stream, for: .anyone) { daemon, call, _, frame throws(UltraError) in
            try daemon.generate(call, frame, isStream: true)
        },
        Operation(.embed, for: .anyone) { daemon, call, _, frame throws(UltraError) in try daemon.embed(call, frame) },
        Operation(.cancel, for: .anyone) { daemon, call, session, frame throws(UltraError) in
            try daemon.cancel(call, frame, in: session)
        },
        Operation(.models, for: .anyone) { daemon, call, _, frame throws(UltraError) in try daemon.models(call, frame)
        },
        Operation(.status, for: .anyone) { daemon, call, _, _ in daemon.status(call) },
        Operation(.probe, for: .adminsIfDeep) { daemon, call, _, frame throws(UltraError) in
            try daemon.probe(call, frame)
        },
        Operation(.usage, for: .anyone) { daemon, call, _, frame throws(UltraError) in try daemon.usage(call, frame) },
        Operation(.subscribe, for: .anyone) { daemon, call, session, frame throws(UltraError) in
            try daemon.subscribe(call, frame, in: session)
        },
        Operation(.metrics, for: .anyone) { daemon, call, _, _ in daemon.metrics(call) },
        Operation(.reload, for: .admins) { daemon, call, _, _ throws(UltraError) in try daemon.reload(call) },
        Operation(.cacheClear, for: .admins) { daemon, call, _, _ in daemon.cacheClear(call) },
    ]

    /// True if `timeout_ms` is one of the timers of its work. In the others it ends the whole operation.
    var hasOwnTimers: Bool {
        switch name {
        case .generate, .stream, .embed: true
        case .hello, .ping, .cancel, .models, .status, .probe, .usage, .subscribe, .metrics, .reload, .cacheClear: false
        }
    }

    /// The part of the request that needs an administrator, as the subject of a sentence; nil: none.
    func privilege(_ frame: RequestFrame) throws(UltraError) -> String? {
        switch audience {
        case .anyone: nil
        case .admins: name.rawValue
        case .adminsIfDeep: try frame.probeTarget().isDeep ? "a deep probe, which costs money," : nil
        }
    }

    static func named(_ name: OperationName) -> Operation? {
        for operation in table where operation.name == name { return operation }
        return nil
    }
}
