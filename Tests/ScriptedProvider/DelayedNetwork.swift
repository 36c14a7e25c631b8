import CLinux
import Glibc
import Synchronization

/// A client's and a server's network, each a namespace of its own, with a line between them that delays every packet. A
/// process belongs to the network of the thread that starts it, a socket to that of the thread that creates it.
///
/// It needs root and `/dev/net/tun`. A thread of this process forwards the packets, since not every kernel has netem.
package final class DelayedNetwork: Sendable {
    package enum Side: Sendable { case client, server }

    package static let serverAddress = "10.203.0.2"
    private static let (client, server): (CUnsignedInt, CUnsignedInt) = (0x0ACB_0001, 0x0ACB_0002)

    /// True if such networks can be made here; tests that need one are skipped otherwise.
    package static let isAvailable = (try? DelayedNetwork(oneWay: .zero)) != nil

    private let networks: [CInt]
    private let stop: CInt
    private let thread: pthread_t
    private let flows = Flows()

    /// - Parameter oneWay: The delay of a packet in one direction.
    package init(oneWay delay: Duration) throws(SystemError) {
        let home = try Sockets.check("open a network", clinux_network())
        defer {
            clinux_enter_network(home)
            close(home)
        }
        var networks: [CInt] = []
        var ends: [CInt] = []
        do throws(SystemError) {
            for (own, peer) in [(Self.client, Self.server), (Self.server, Self.client)] {
                _ = try Sockets.check("unshare", clinux_new_network())
                networks.append(try Sockets.check("open a network", clinux_network()))
                ends.append(try Sockets.check("tunnel", clinux_tunnel(own, peer)))
            }
            stop = try Sockets.check("eventfd", eventfd(0, CInt(EFD_CLOEXEC)))
        } catch {
            for fd in networks + ends { close(fd) }
            throw error
        }
        self.networks = networks
        let line = Unmanaged.passRetained(Line(ends, stop: stop, delay, flows))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { line in
                if let line { Unmanaged<Line>.fromOpaque(line).takeRetainedValue().run() }
                return nil
            }, line.toOpaque())
        precondition(code == 0, "pthread_create: \(code)")
        self.thread = thread
    }

    deinit {
        eventfd_write(stop, 1)
        pthread_join(thread, nil)
        for fd in networks + [stop] { close(fd) }
    }

    /// Drops the packets of all present TCP connections from now on, in both directions, like a router that has lost
    /// its state. New connections are not affected.
    package func forgetConnections() { flows.forget() }

    /// Calls `body` in the network of `side`. `body` must not suspend, since the network belongs to the thread.
    package func on<Result>(_ side: Side, _ body: () throws -> Result) throws -> Result {
        let home = try Sockets.check("open a network", clinux_network())
        _ = try Sockets.check("setns", clinux_enter_network(networks[side == .client ? 0 : 1]))
        defer {
            clinux_enter_network(home)
            close(home)
        }
        return try body()
    }
}

/// The TCP connections whose packets a line has forwarded.
private final class Flows: Sendable {
    private struct State {
        var seen: Set<[UInt16]> = []
        var lost: Set<[UInt16]> = []
    }

    private let state = Mutex(State())

    func forget() { state.withLock { $0.lost = $0.seen } }

    /// True if a packet is forwarded.
    func pass(_ packet: ArraySlice<UInt8>) -> Bool {
        let head = Int(packet[0] & 0x0f) * 4
        // The key is IPv4 and TCP with both ports, in one order for both directions.
        guard packet[0] >> 4 == 4, packet.count >= head + 4, packet[9] == 6 else { return true }
        let ports = [0, 2].map { UInt16(packet[head + $0]) << 8 | UInt16(packet[head + $0 + 1]) }.sorted()
        return state.withLock { state in
            state.seen.insert(ports)
            return !state.lost.contains(ports)
        }
    }
}

/// Forwards packets from one end to the other, each after its delay.
private final class Line {
    private struct Packet {
        let due: UInt64
        let end: CInt
        let bytes: ArraySlice<UInt8>
    }

    private let ends: [CInt]
    private let stop: CInt
    private let delay: UInt64
    private let flows: Flows
    private let epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
    /// The delay is the same for all packets, so they leave in order of arrival.
    private var packets: [Packet] = []

    init(_ ends: [CInt], stop: CInt, _ delay: Duration, _ flows: Flows) {
        (self.ends, self.stop) = (ends, stop)
        self.flows = flows
        self.delay = UInt64(delay / .nanoseconds(1))
        for fd in ends + [stop] {
            var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data(fd: fd))
            epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)
        }
    }

    deinit { for fd in ends + [epoll] { close(fd) } }

    func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 3)
        while true {
            let wait = packets.first.map { $0.due - min($0.due, Self.now) }
            let count = clinux_epoll_wait(epoll, &events, 3, wait.map { Int64($0) } ?? -1)
            for event in events.prefix(Int(max(0, count))) {
                if event.data.fd == stop { return }
                take(from: event.data.fd)
            }
            let now = Self.now
            while let first = packets.first, first.due <= now {
                _ = first.bytes.withUnsafeBytes { write(first.end, $0.baseAddress, $0.count) }
                packets.removeFirst()
            }
        }
    }

    private func take(from end: CInt) {
        let other = end == ends[0] ? ends[1] : ends[0]
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(end, &buffer, buffer.count)
            guard count > 0 else { return }
            guard flows.pass(buffer[..<count]) else { continue }
            packets.append(Packet(due: Self.now + delay, end: other, bytes: buffer[..<count]))
        }
    }

    private static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
