internal import UltraAPI
internal import UltraSystem

/// One operation of the protocol, made with the parts of the daemon that it needs.
@Loop
protocol Operation {
    /// True if `timeout_ms` is one of the timers of the operation's work. Otherwise it ends the operation as a whole.
    var hasOwnTimers: Bool { get }

    /// Begins the work on a request. The operation ends `call` when it is done.
    /// - Throws: The error with which the call ends.
    func begin(_ call: Call, _ frame: RequestFrame, in session: any Session) throws(UltraError)
}

extension Operation {
    var hasOwnTimers: Bool { false }
}

/// The operations of one daemon.
@Loop
struct Operations {
    enum Audience {
        case anyone
        /// Only `Administrators`.
        case admins
        /// Anyone, except with `"deep":true`, which costs money.
        case adminsIfDeep
    }

    struct Entry {
        let name: OperationName
        let audience: Audience
        let make: @Loop (Daemon) -> any Operation

        init(_ name: OperationName, for audience: Audience, _ make: @escaping @Loop (Daemon) -> any Operation) {
            self.name = name
            self.audience = audience
            self.make = make
        }

        /// The part of the request that needs an administrator, as the subject of a sentence; nil: none.
        func privilege(_ frame: RequestFrame) throws(UltraError) -> String? {
            switch audience {
            case .anyone: nil
            case .admins: name.rawValue
            case .adminsIfDeep: try frame.probeTarget().isDeep ? "a deep probe, which costs money," : nil
            }
        }
    }

    /// The operations in the order of `hello`.
    static let table: [Entry] = [
        Entry(.hello, for: .anyone) { HelloOperation(version: $0.version) },
        Entry(.ping, for: .anyone) { _ in PingOperation() },
        Entry(.generate, for: .anyone) { GenerateOperation($0.answering, isStream: false) },
        Entry(.stream, for: .anyone) { GenerateOperation($0.answering, isStream: true) },
        Entry(.embed, for: .anyone) { EmbedOperation($0.answering) },
        Entry(.cancel, for: .anyone) { _ in CancelOperation() },
        Entry(.models, for: .anyone) { ModelsOperation($0.registry) },
        Entry(.status, for: .anyone) { StatusOperation($0) },
        Entry(.probe, for: .adminsIfDeep) { ProbeOperation($0.registry, $0.probers) },
        Entry(.usage, for: .anyone) { UsageOperation($0.ledger, $0.loaded) },
        Entry(.subscribe, for: .anyone) { SubscribeOperation($0.feed, $0.registry, $0.loaded) },
        Entry(.metrics, for: .anyone) { MetricsOperation($0) },
        Entry(.reload, for: .admins) { ReloadOperation($0) },
        Entry(.cacheClear, for: .admins) { CacheClearOperation($0.cache) },
    ]

    /// In the order of the table.
    private let operations: [any Operation]

    init(of daemon: Daemon) {
        operations = Self.table.map { $0.make(daemon) }
    }

    /// The operation with this name; nil: the table has none.
    func named(_ name: OperationName) -> (entry: Entry, operation: any Operation)? {
        for (index, entry) in Self.table.enumerated() where entry.name == name { return (entry, operations[index]) }
        return nil
    }
}
