internal import UltraSystem

/// Namespace of the relay, which answers requests by sending them to providers.
enum Relay {}

extension Relay {
    /// The parts of the daemon that the relay works with.
    @Loop
    final class Context {
        let registry: Registry
        let transport: Transport
        let admission: Admission
        /// As last read; a request may see a change while it runs.
        private(set) var configuration: Configuration
        private var replyIDs = ReplyIDs()

        init(_ configuration: Configuration, _ registry: Registry, _ transport: Transport, _ admission: Admission) {
            self.configuration = configuration
            self.registry = registry
            self.transport = transport
            self.admission = admission
        }

        var limits: Limits { configuration.limits }
        var timeouts: DefaultTimeouts { configuration.timeouts }

        func adopt(_ new: Configuration) {
            configuration = new
        }

        /// An id for an upstream reply, unique among the replies of this and all other processes.
        func nextReplyID() -> UInt64 { replyIDs.next() }
    }
}
