import Foundation
import Synchronization

/// A daemon that executes a script of steps, connection by connection, independent of what the client does.
final class ScriptedDaemon: Sendable {
    enum Step: Sendable {
        /// Reads one frame and records it.
        case receive
        /// Sends a frame, in which `ID` is replaced by the id of the last request other than `cancel`.
        case send(String)
        /// Sends bytes unchanged.
        case sendBytes([UInt8])
        /// Sends a frame one byte at a time.
        case dribble(String)
        /// Waits until the client has a handler for a signal.
        case awaitHandler(Int32)
        /// Waits this number of seconds: simulates a slow daemon, and is not for synchronisation.
        case pause(Double)
        /// Sends a signal to the client.
        case signal(Int32)
        /// Closes the connection at once; without this step, the daemon waits until the client closes it.
        case close
    }

    let path: String
    private let folder: TemporaryFolder
    private let received = Mutex<[String]>([])
    private let lastWait = Mutex<Duration>(.zero)
    /// The listening socket; -1: closed.
    private let listener = Mutex<Int32>(-1)
    private let isDone = DispatchSemaphore(value: 0)

    convenience init(_ steps: [Step]) throws {
        try self.init(connections: [steps])
    }

    init(connections: [[Step]]) throws {
        folder = try TemporaryFolder()
        path = folder.path + "/ultrad.sock"
        let listener = try listeningSocket(path)
        self.listener.withLock { $0 = listener }
        Thread { [self] in
            for (index, steps) in connections.enumerated() {
                let client = accept(listener, nil, nil)
                if client < 0 || index == connections.count - 1 { closeListener() }
                guard client >= 0 else { break }
                play(steps, with: client)
            }
            isDone.signal()
        }.start()
    }

    /// Takes over the socket of `predecessor` when that one's script has ended.
    init(_ steps: [Step], after predecessor: ScriptedDaemon) {
        folder = predecessor.folder
        path = predecessor.path
        Thread { [self] in
            _ = predecessor.requests()
            unlink(path)
            if let listener = try? listeningSocket(path) {
                play(steps, with: accept(listener, nil, nil))
                close(listener)
            }
            isDone.signal()
        }.start()
    }

    /// Ends the thread that waits for a connection, and with it this daemon.
    func stop() {
        listener.withLock { if $0 >= 0 { shutdown($0, Int32(SHUT_RDWR)) } }
    }

    private func closeListener() {
        listener.withLock { listener in
            close(listener)
            listener = -1
        }
    }

    /// Waits up to 20 seconds for the end of the script, and returns the frames that the client sent.
    func requests() -> [String] {
        if isDone.wait(timeout: .now() + 20) == .success { isDone.signal() }
        return received.withLock { $0 }
    }

    /// The time from the last step to the end of the client's connection.
    func clientStayed() -> Duration {
        _ = requests()
        return lastWait.withLock { $0 }
    }

    private func play(_ steps: [Step], with client: Int32) {
        defer { close(client) }
        var id = "0"
        for step in steps {
            switch step {
            case .receive:
                guard let request = receiveFrame(client) else { return }
                received.withLock { $0.append(request) }
                if !request.contains(#""op":"cancel""#) { id = requestID(request) }
            case .send(let json): send(frame(json.replacingOccurrences(of: "ID", with: id)), to: client)
            case .sendBytes(let bytes): send(bytes, to: client)
            case .dribble(let json):
                for byte in frame(json.replacingOccurrences(of: "ID", with: id)) { send([byte], to: client) }
            case .awaitHandler(let number):
                while !catches(number, peer(of: client)) { sched_yield() }
            case .pause(let seconds): usleep(useconds_t(seconds * 1e6))
            case .signal(let number): kill(peer(of: client), number)
            case .close: return
            }
        }
        let start = ContinuousClock.now
        defer { lastWait.withLock { $0 = start.duration(to: .now) } }
        while let request = receiveFrame(client) { received.withLock { $0.append(request) } }
    }

    private func requestID(_ request: String) -> String {
        String(request.drop { !$0.isNumber }.prefix { $0.isNumber })
    }

    private func peer(of client: Int32) -> pid_t {
        // struct ucred: pid, uid, gid.
        var credentials = [Int32](repeating: 0, count: 3)
        var size = socklen_t(MemoryLayout<Int32>.size * 3)
        getsockopt(client, SOL_SOCKET, SO_PEERCRED, &credentials, &size)
        return credentials[0]
    }

    /// True if a process has a handler for a signal (`SigCgt` of proc(5)), or has ended.
    private func catches(_ number: Int32, _ process: pid_t) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
            let mask = status.firstMatch(of: /SigCgt:\s*([0-9a-f]+)/).flatMap({ UInt64($0.output.1, radix: 16) })
        else { return true }
        return mask & 1 << UInt64(number - 1) != 0
    }

    private func send(_ bytes: [UInt8], to client: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private func receiveFrame(_ client: Int32) -> String? {
        guard let header = receiveBytes(4, client) else { return nil }
        let length = header.reduce(0) { $0 << 8 | Int($1) }
        return receiveBytes(length, client).map { String(decoding: $0, as: UTF8.self) }
    }

    private func receiveBytes(_ count: Int, _ client: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        guard recv(client, &bytes, count, Int32(MSG_WAITALL)) == count else { return nil }
        return bytes
    }
}
