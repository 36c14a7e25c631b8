import Glibc

/// A provider on the loopback interface that plays scripted answers and failures, and records requests and connections.
///
/// It runs on its own thread and shares no code with the daemon. A request is answered by the script for its path
/// (`answer`), else by the next one in the queue (`enqueue`), else by the default script.
///
///     let provider = try ScriptedProvider(.events([#"{"n":1}"#]))
///     …a client posts to provider.url + "/v1/chat/completions"…
///     let request = try await provider.nextRequest()
package final class ScriptedProvider: Sendable {
    /// The time after which a test's wait fails; the default of every `within` parameter.
    package static let patience: Duration = .seconds(10)

    /// The error of a wait that ran out of time: the event it waited for.
    package struct Overdue: Error, CustomStringConvertible {
        package let description: String
    }

    /// The TCP port; 0 for a Unix socket.
    package let port: UInt16
    private let state: ProviderState
    private let thread: pthread_t

    /// Starts listening; `script` answers requests without a script of their own. Default: 404.
    package convenience init(
        _ script: Script = .json(#"{"error":{"message":"no script"}}"#, status: 404),
        at address: Address = .loopback(port: 0)
    ) throws(SystemError) {
        try self.init(fallback: script, respond: nil, address: address)
    }

    /// Starts listening; `respond` is called on the provider's thread for requests without a script of their own.
    package convenience init(
        at address: Address = .loopback(port: 0), respond: @escaping @Sendable (ReceivedRequest) -> Script
    ) throws(SystemError) {
        try self.init(fallback: Script(), respond: respond, address: address)
    }

    private init(
        fallback: Script, respond: (@Sendable (ReceivedRequest) -> Script)?, address: Address
    ) throws(SystemError) {
        let listener = try Sockets.bind(address)
        _ = try Sockets.check("listen", listen(listener, 4096))
        var bound = address
        if case .loopback = address {
            port = Sockets.port(of: listener)
            bound = .loopback(port: port)
        } else {
            port = 0
        }
        state = try ProviderState(fallback: fallback, respond: respond)
        let loop = Unmanaged.passRetained(try ProviderLoop(state: state, address: bound, listenerFD: listener))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { loop in
                guard let loop else { return nil }
                Unmanaged<ProviderLoop>.fromOpaque(loop).takeRetainedValue().run()
                return nil
            }, loop.toOpaque())
        guard code == 0 else { throw SystemError("pthread_create", code: code) }
        self.thread = thread
    }

    /// Closes the listener and every connection, and ends the thread.
    deinit {
        state.change { $0.isStopping = true }
        if pthread_equal(thread, pthread_self()) == 0 { pthread_join(thread, nil) } else { pthread_detach(thread) }
    }

    /// `http://127.0.0.1:PORT`, without a path.
    package var url: String { "http://127.0.0.1:\(port)" }

    // MARK: - Scripts

    /// Answers requests for `path` with `scripts` in order; the last one is repeated. Replaces the earlier scripts of
    /// the path.
    ///
    /// - Parameter method: nil for any method.
    package func answer(_ path: String, method: String? = nil, with scripts: Script...) {
        answer(path, method: method, inOrder: scripts)
    }

    package func answer(_ path: String, method: String? = nil, inOrder scripts: [Script]) {
        precondition(!scripts.isEmpty, "no script for \(path)")
        state.change { shared in
            shared.routes.removeAll { $0.path == path && $0.method == method }
            shared.routes.append(.init(method: method, path: path, scripts: scripts))
        }
    }

    /// Answers the next requests with `scripts`, one each; paths set with `answer` are not affected.
    package func enqueue(_ scripts: Script...) {
        state.change { $0.queue += scripts }
    }

    /// Applies `actions` to the next connections, one each; later connections are served.
    package func onAccept(_ actions: AcceptAction...) {
        state.change { $0.acceptActions += actions }
    }

    /// Closes connections accepted from now on, unannounced, after they have been idle for `limit`.
    package func closeIdle(after limit: Duration) {
        state.change { $0.idleLimit = limit }
    }

    /// Closes the listener, so that new connections are refused; open connections stay open.
    package func refuse() throws { try setListening(false) }

    /// Listens again on the same port or path.
    package func listenAgain() throws { try setListening(true) }

    private func setListening(_ wanted: Bool) throws {
        state.change { $0.wantsToListen = wanted }
        try block(wanted ? "listening" : "refusing", Self.patience) { $0.isListening == wanted }
    }

    // MARK: - Records

    package var requests: [ReceivedRequest] { state.withLock { $0.requests } }
    package var connections: [ConnectionRecord] { state.withLock { $0.connections } }

    /// The number of open connections.
    package var openConnections: Int { connections.count { $0.ending == nil } }

    /// The oldest request not yet returned by this function.
    package func nextRequest(within patience: Duration = patience) async throws -> ReceivedRequest {
        try await wait("next request", patience) { $0.nextUnread < $0.requests.count }
        return takeRequest()
    }

    /// Returns all requests once there are `count`.
    package func requests(_ count: Int, within patience: Duration = patience) async throws -> [ReceivedRequest] {
        try await wait("\(count) requests", patience) { $0.requests.count >= count }
        return requests
    }

    /// Returns all connections once `count` have been accepted.
    package func connections(_ count: Int, within patience: Duration = patience) async throws -> [ConnectionRecord] {
        try await wait("\(count) connections", patience) { $0.connections.count >= count }
        return connections
    }

    /// Waits until connection `number` has ended, on either side.
    package func connectionClosed(
        _ number: Int = 0, within patience: Duration = patience
    ) async throws -> ConnectionRecord {
        try await wait("end of connection \(number)", patience) { $0.hasEnded(number) }
        return connections[number]
    }

    // MARK: - Records, for a thread that may block

    package func blockForRequest(within patience: Duration = patience) throws -> ReceivedRequest {
        try block("next request", patience) { $0.nextUnread < $0.requests.count }
        return takeRequest()
    }

    package func blockForConnectionClosed(
        _ number: Int = 0, within patience: Duration = patience
    ) throws -> ConnectionRecord {
        try block("end of connection \(number)", patience) { $0.hasEnded(number) }
        return connections[number]
    }

    private func takeRequest() -> ReceivedRequest {
        state.withLock { shared in
            defer { shared.nextUnread += 1 }
            return shared.requests[shared.nextUnread]
        }
    }

    // MARK: - Waiting

    private func wait(
        _ what: String, _ patience: Duration,
        until isSatisfied: @escaping @Sendable (borrowing ProviderState.Shared) -> Bool
    ) async throws {
        let inTime = await withCheckedContinuation { continuation in
            state.change { shared in
                shared.waiters.append(
                    .init(deadline: .now + patience, isSatisfied: isSatisfied) { continuation.resume(returning: $0) })
            }
        }
        guard inTime else { throw Overdue(description: "\(what): not within \(patience)") }
    }

    private func block(
        _ what: String, _ patience: Duration,
        until isSatisfied: @escaping @Sendable (borrowing ProviderState.Shared) -> Bool
    ) throws {
        let verdict = Verdict()
        state.change { shared in
            shared.waiters.append(
                .init(deadline: .now + patience, isSatisfied: isSatisfied) { verdict.give($0) })
        }
        guard verdict.await() else { throw Overdue(description: "\(what): not within \(patience)") }
    }
}
