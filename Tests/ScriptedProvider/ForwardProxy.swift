import Glibc
import Synchronization

/// An HTTP forward proxy on 127.0.0.1: CONNECT, and requests with an absolute URL.
///
/// Every host name resolves to this machine, so a test may use any name. Requests are forwarded unchanged: the provider
/// sees the absolute URL as its target. One thread for each connection.
package final class ForwardProxy: Sendable {
    package enum Manner: Sendable {
        case forwards
        /// Answers every request itself, with this status: 407, 502, …
        case answers(status: Int)
        /// Accepts the connection and never answers.
        case hangs
        /// Closes the connection after the request.
        case closes
    }

    /// The first request of a connection.
    package struct Passage: Sendable {
        package let method: String
        /// `host:port` for CONNECT, else the URL.
        package let target: String
        package let headers: [(name: String, value: String)]

        /// The value of the first field called `name`, in any case.
        package subscript(name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    private struct State {
        var passages: [Passage] = []
        var sockets: Set<CInt> = []
        var isStopped = false
    }

    /// The state of the proxy's threads, which do not retain the proxy itself.
    private final class Shared: Sendable {
        let listener: CInt
        let manner: Manner
        let state = Mutex(State())

        init(listener: CInt, manner: Manner) {
            self.listener = listener
            self.manner = manner
        }

        deinit { close(listener) }
    }

    package let port: UInt16
    private let shared: Shared

    package init(_ manner: Manner = .forwards) throws(SystemError) {
        let listener = try Sockets.bind(.loopback(port: 0))
        _ = fcntl(listener, F_SETFL, 0)
        _ = try Sockets.check("listen", listen(listener, 128))
        port = Sockets.port(of: listener)
        shared = Shared(listener: listener, manner: manner)
        Self.startThread { [shared] in Self.acceptAll(shared) }
    }

    deinit {
        shared.state.withLock { state in
            state.isStopped = true
            for fd in state.sockets { shutdown(fd, CInt(SHUT_RDWR)) }
        }
        // Wakes accept().
        shutdown(shared.listener, CInt(SHUT_RDWR))
    }

    package var url: String { "http://127.0.0.1:\(port)" }

    /// The first request of every connection so far.
    package var passages: [Passage] { shared.state.withLock { $0.passages } }

    /// Ends every open connection in both directions; new ones are served.
    package func cut() {
        shared.state.withLock { state in
            for fd in state.sockets { shutdown(fd, CInt(SHUT_RDWR)) }
        }
    }

    // MARK: - Threads

    private static func startThread(_ body: @escaping @Sendable () -> Void) {
        final class Box {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(body))
        let code = pthread_create(
            &thread, nil,
            { box in
                if let box { Unmanaged<Box>.fromOpaque(box).takeRetainedValue().body() }
                return nil
            }, box.toOpaque())
        precondition(code == 0, "pthread_create: \(code)")
        pthread_detach(thread)
    }

    private static func acceptAll(_ shared: Shared) {
        while true {
            let fd = accept(shared.listener, nil, nil)
            if fd < 0, errno == EINTR || errno == ECONNABORTED { continue }
            guard fd >= 0 else { return }
            let isStopped = shared.state.withLock { state in
                state.sockets.insert(fd)
                return state.isStopped
            }
            guard !isStopped else {
                close(fd)
                return
            }
            startThread {
                serve(fd, shared)
                shared.state.withLock { _ = $0.sockets.remove(fd) }
                close(fd)
            }
        }
    }

    private static func serve(_ client: CInt, _ shared: Shared) {
        var input: [UInt8] = []
        var seen: [UInt8] = []
        var parsed: RequestHead?
        while parsed == nil {
            var buffer = [UInt8](repeating: 0, count: 16_384)
            let count = read(client, &buffer, buffer.count)
            guard count > 0 else { return }
            input += buffer[..<count]
            seen += buffer[..<count]
            guard let head = try? RequestHead.take(from: &input) else { continue }
            parsed = head
        }
        guard let head = parsed else { return }
        shared.state.withLock {
            $0.passages.append(Passage(method: head.method, target: head.target, headers: head.headers))
        }
        switch shared.manner {
        case .answers(let status):
            send(client, Array("HTTP/1.1 \(status) Proxy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8))
        case .closes: return
        case .hangs:
            var byte: UInt8 = 0
            while read(client, &byte, 1) > 0 {}
        case .forwards: forward(client, head, seen: seen, after: input)
        }
    }

    private static func forward(_ client: CInt, _ head: RequestHead, seen: [UInt8], after rest: [UInt8]) {
        guard let port = port(of: head), let upstream = try? Sockets.connect(.loopback(port: port), blocks: true) else {
            return send(
                client, Array("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8))
        }
        defer { close(upstream) }
        if head.method == "CONNECT" {
            send(client, Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8))
            send(upstream, rest)
        } else {
            send(upstream, seen)
        }
        relay(client, upstream)
    }

    /// The port after the last colon of the authority; 80 if there is none.
    private static func port(of head: RequestHead) -> UInt16? {
        let target = head.target.hasPrefix("http://") ? head.target.dropFirst(7) : head.target[...]
        let authority = target.prefix { $0 != "/" && $0 != "?" }
        guard let colon = authority.lastIndex(of: ":") else { return 80 }
        return UInt16(authority[authority.index(after: colon)...])
    }

    /// Copies both ways until one side ends.
    private static func relay(_ client: CInt, _ upstream: CInt) {
        var fds = [client, upstream].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            guard poll(&fds, 2, -1) > 0 || errno == EINTR else { return }
            for (from, to) in [(0, upstream), (1, client)] where fds[from].revents != 0 {
                let count = read(fds[from].fd, &buffer, buffer.count)
                guard count > 0 else { return }
                send(to, Array(buffer[..<count]))
            }
        }
    }

    private static func send(_ fd: CInt, _ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(fd, $0.baseAddress! + sent, $0.count - sent, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }
}
