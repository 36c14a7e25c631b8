import CLinux
import Glibc

/// Keeps K requests in flight at the daemon, over a number of connections.
final class FrameLoad {
    private struct Slot {
        var sentAt: UInt64 = 0
        var hasEvent = false
        var scanner = EventScanner()
    }

    private static let prompt = "In one sentence: why is the sky blue at noon and red in the evening?"

    private var connections: [FrameConnection] = []
    private var slots: [Slot]
    private let frames: [[UInt8]]
    private let readsTimeStamps: Bool
    private let epollFD: CInt
    private var events = [epoll_event](repeating: epoll_event(), count: 256)

    init(socketPath: String, connections count: Int, scenario: Scenario) throws {
        readsTimeStamps = scenario.shape == .spaced
        let op = scenario.shape == .unary ? "generate" : "stream"
        slots = Array(repeating: Slot(), count: scenario.concurrency)
        frames = (1...scenario.concurrency).map { id in
            FrameConnection.frame(
                #"{"id":\#(id),"op":"\#(op)","model":"openai/gpt-4o","prompt":"\#(Self.prompt)"}"#
            )
        }
        epollFD = epoll_create1(0)
        for index in 0..<count {
            let connection = try FrameConnection(socketPath)
            connections.append(connection)
            var event = epoll_event()
            event.events = EPOLLIN.rawValue
            event.data.u32 = UInt32(index)
            epoll_ctl(epollFD, EPOLL_CTL_ADD, connection.fd, &event)
        }
    }

    deinit { close(epollFD) }

    /// Repeats each request as soon as its answer is complete, for the given time; then waits for those in flight.
    func run(seconds: Double) throws -> LoadResult {
        var result = LoadResult()
        let start = nowNanoseconds()
        let stop = start + UInt64(seconds * 1e9)
        for slot in slots.indices { try send(slot) }
        var inFlight = slots.count
        while inFlight > 0 {
            try turn { id, kind, json, now in
                let slot = id - 1
                switch kind {
                case .delta: noteEvent(slot, json, now, &result)
                case .result, .done:
                    result.requests += 1
                    result.latencies.add(now - slots[slot].sentAt)
                    if now < stop { try send(slot) } else { inFlight -= 1 }
                case .error: throw BenchError("ultrad: \(String(decoding: json, as: UTF8.self))")
                case .start, .other: break
                }
            }
        }
        result.seconds = Double(nowNanoseconds() - start) / 1e9
        return result
    }

    /// Starts every stream and returns when each has had its first event; they stay open as long as this object exists.
    func open() throws {
        for slot in slots.indices { try send(slot) }
        var waiting = slots.count
        while waiting > 0 {
            try turn { id, kind, json, _ in
                if kind == .error { throw BenchError("ultrad: \(String(decoding: json, as: UTF8.self))") }
                if kind == .delta, !slots[id - 1].hasEvent {
                    slots[id - 1].hasEvent = true
                    waiting -= 1
                }
            }
        }
    }

    private func send(_ slot: Int) throws {
        slots[slot].hasEvent = false
        slots[slot].sentAt = nowNanoseconds()
        try connections[slot % connections.count].send(frames[slot])
    }

    private func noteEvent(_ slot: Int, _ json: UnsafeRawBufferPointer, _ now: UInt64, _ result: inout LoadResult) {
        if !slots[slot].hasEvent {
            slots[slot].hasEvent = true
            result.firstEvents.add(now - slots[slot].sentAt)
        }
        if readsTimeStamps { slots[slot].scanner.scan(json) { result.eventDelays.add(now - $0) } }
    }

    private func turn(
        _ body: (_ id: Int, _ kind: FrameConnection.Kind, _ json: UnsafeRawBufferPointer, _ now: UInt64) throws -> Void
    ) throws {
        let count = epoll_wait(epollFD, &events, CInt(events.count), 10_000)
        guard count > 0 || errno == EINTR else { throw BenchError("the daemon is silent for ten seconds") }
        for event in events.prefix(Int(max(count, 0))) {
            let now = nowNanoseconds()
            try connections[Int(event.data.u32)].receive { try body($0, $1, $2, now) }
        }
    }
}
