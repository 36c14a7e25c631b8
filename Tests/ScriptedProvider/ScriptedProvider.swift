import Glibc

/// A provider on the loopback interface that answers what a test tells it, fails in every way, and writes down what
/// happened.
///
/// It has a thread of its own and shares no code with what it tests. Which script answers a request: the one for its
/// path (`answer`), else the next in the queue (`enqueue`), else the default.
///
///     let provider = try ScriptedProvider(.events([#"{"n":1}"#]))
///     …a client posts to provider.url + "/v1/chat/completions"…
///     let request = try await provider.nextRequest()
package final class ScriptedProvider: Sendable {
    /// How long a test waits for something before it fails. Default of every `within` parameter.
    package static let patience: Duration = .seconds(10)

    /// What did not happen in time.
    package struct Overdue: Error, CustomStringConvertible {
        package let description: String
    }

    /// 0 for a Unix socket.
    package let port: UInt16
    private let state: ProviderState
    private let thread: pthread_t

    /// Starts listening; `script` answers what nothing else answers. Default: 404.
    package convenience init(
        _ script: Script = .json(#"{"error":{"message":"no script"}}"#, status: 404),
        at address: Address = .loopback(port: 0)
    ) throws(SystemError) {
        try self.init(fallback: script, respond: nil, address: address)
    }

    /// Starts listening; `respond` is called on the provider's thread for what no route and no queue answers.
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

    /// `scripts` answer requests for `path`, in order; the last one stays. Replaces what was set for the path.
    ///
    /// - Parameter method: nil for any.
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

    /// `scripts` answer the next requests that no path set by `answer` claims, one each.
    package func enqueue(_ scripts: Script...) {
        state.change { $0.queue += scripts }
    }

    /// What happens to the next connections, one each; then they are served.
    package func onAccept(_ actions: AcceptAction...) {
        state.change { $0.acceptActions += actions }
    }

    /// Connections accepted from now on are closed, without a word, when they have waited so long for a request.
    package func closeIdle(after limit: Duration) {
        state.change { $0.idleLimit = limit }
    }

    /// Closes the listener: connecting is refused from now on. What is connected stays.
    package func refuse() throws { try setListening(false) }

    /// Listens again, on the same port or path.
    package func listenAgain() throws { try setListening(true) }

    private func setListening(_ wanted: Bool) throws {
        state.change { $0.wantsToListen = wanted }
        try block(wanted ? "listening" : "refusing", Self.patience) { $0.isListening == wanted }
    }

    // MARK: - Records

    package var requests: [ReceivedRequest] { state.withLock { $0.requests } }
    package var connections: [ConnectionRecord] { state.withLock { $0.connections } }

    /// How many connections are open.
    package var openConnections: Int { connections.count { $0.ending == nil } }

    /// The oldest request not yet returned by this function.
    package func nextRequest(within patience: Duration = patience) async throws -> ReceivedRequest {
        try await wait("next request", patience) { $0.nextUnread < $0.requests.count }
        return takeRequest()
    }

    /// When there have been `count` requests.
    package func requests(_ count: Int, within patience: Duration = patience) async throws -> [ReceivedRequest] {
        try await wait("\(count) requests", patience) { $0.requests.count >= count }
        return requests
    }

    /// When `count` connections have been accepted.
    package func connections(_ count: Int, within patience: Duration = patience) async throws -> [ConnectionRecord] {
        try await wait("\(count) connections", patience) { $0.connections.count >= count }
        return connections
    }

    /// When connection `number` has ended, whoever ended it.
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
