import CLinux
import Glibc

/// Answers chat completions from prepared bytes: one thread, one epoll, no allocation per request.
final class PreparedServer {
    private struct Due {
        var nanoseconds: UInt64
        var fd: CInt
        var generation: UInt32
    }

    private let listener: CInt
    private let epollFD: CInt
    private let watchesInput: Bool
    private var plan = StreamPlan()
    private var answers = PreparedAnswers(StreamPlan())
    private let peers: UnsafeMutablePointer<Peer>
    private let peerCapacity = 16_384
    /// Pending events in order, since the gap is the same for all streams.
    private var due: [Due] = []
    private var dueStart = 0

    /// - Parameter endsWithInput: True if the server ends when standard input closes, as it does when the parent dies.
    init(port: UInt16, endsWithInput: Bool) {
        listener = Self.listen(port)
        epollFD = epoll_create1(0)
        watchesInput = endsWithInput
        peers = .allocate(capacity: peerCapacity)
        peers.initialize(repeating: Peer(), count: peerCapacity)
        watch(listener, EPOLLIN.rawValue, EPOLL_CTL_ADD)
        if endsWithInput { watch(0, EPOLLIN.rawValue, EPOLL_CTL_ADD) }
    }

    private static func listen(_ port: UInt16) -> CInt {
        let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
        var one: CInt = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let bound = withUnsafeBytes(of: &address) {
            bind(listener, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
        guard bound == 0, Glibc.listen(listener, 4096) == 0 else {
            perror("listen")
            exit(1)
        }
        return listener
    }

    var port: UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutableBytes(of: &address) {
            getsockname(listener, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
        }
        return UInt16(bigEndian: address.sin_port)
    }

    /// Runs until standard input closes, if that was requested; else without end.
    func run() {
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: 512)
        while true {
            let count = clinux_epoll_wait(epollFD, events, 512, nextTimeout())
            for index in 0..<max(0, Int(count)) {
                let fd = events[index].data.fd
                if fd == listener {
                    acceptAll()
                } else if fd == 0, watchesInput {
                    return
                } else {
                    if events[index].events & EPOLLOUT.rawValue != 0 { resume(fd) }
                    if events[index].events & ~EPOLLOUT.rawValue != 0 { receive(fd) }
                }
            }
            sendDue()
        }
    }

    // MARK: - Connections

    private func watch(_ fd: CInt, _ interest: UInt32, _ operation: CInt) {
        var event = epoll_event()
        event.events = interest
        event.data.fd = fd
        epoll_ctl(epollFD, operation, fd, &event)
    }

    private func acceptAll() {
        while true {
            let fd = clinux_accept4(listener, CInt(SOCK_NONBLOCK.rawValue))
            guard fd >= 0 else { return }
            guard fd < peerCapacity else {
                close(fd)
                continue
            }
            var one: CInt = 1
            setsockopt(fd, CInt(IPPROTO_TCP), TCP_NODELAY, &one, 4)
            peers[Int(fd)].input = .allocate(byteCount: Peer.inputCapacity, alignment: 16)
            watch(fd, EPOLLIN.rawValue, EPOLL_CTL_ADD)
        }
    }

    private func drop(_ fd: CInt) {
        let peer = peers + Int(fd)
        peer.pointee.input?.deallocate()
        let generation = peer.pointee.generation &+ 1
        peer.pointee = Peer()
        peer.pointee.generation = generation
        close(fd)
    }

    // MARK: - Requests

    private func receive(_ fd: CInt) {
        let peer = peers + Int(fd)
        guard let input = peer.pointee.input else { return }
        let room = Peer.inputCapacity - peer.pointee.inputCount
        let count = read(fd, input + peer.pointee.inputCount, room)
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else { return drop(fd) }
        peer.pointee.inputCount += count
        while peer.pointee.unsent == .none, peer.pointee.eventsLeft == 0, answerNext(fd, input) {}
    }

    /// Answers the first request of the buffer; returns false if it is incomplete.
    private func answerNext(_ fd: CInt, _ input: UnsafeMutableRawPointer) -> Bool {
        let peer = peers + Int(fd)
        let bytes = UnsafeRawBufferPointer(start: input, count: peer.pointee.inputCount)
        guard let request = RequestScanner(bytes) else { return false }
        let target = request.target
        if target == .plan { change(bytes) }
        let left = peer.pointee.inputCount - request.byteCount
        if left > 0 { memmove(input, input + request.byteCount, left) }
        peer.pointee.inputCount = left
        switch target {
        case .unary: start(.unary, fd)
        case .stream where plan.gapMicroseconds == 0: start(.burst, fd)
        case .stream:
            put(answers.streamHead, fd)
            peer.pointee.eventsLeft = plan.events
            sendEvent(fd, at: now())
        case .models: put(answers.models, fd)
        case .plan: put(answers.done, fd)
        case .unknown: put(answers.notFound, fd)
        }
        return peer.pointee.input != nil
    }

    private func change(_ bytes: UnsafeRawBufferPointer) {
        var new = plan
        new.events = RequestScanner.parameter("events=", in: bytes) ?? new.events
        new.gapMicroseconds = RequestScanner.parameter("gap_us=", in: bytes) ?? new.gapMicroseconds
        new.eventBytes = RequestScanner.parameter("bytes=", in: bytes) ?? new.eventBytes
        guard new != plan else { return }
        plan = new
        answers = PreparedAnswers(new)
    }

    // MARK: - Answers

    private func start(_ answer: UnsentAnswer, _ fd: CInt) {
        peers[Int(fd)].unsent = answer
        peers[Int(fd)].unsentOffset = 0
        resume(fd)
    }

    private func resume(_ fd: CInt) {
        let peer = peers + Int(fd)
        switch peer.pointee.unsent {
        case .none: return
        case .unary: send(answers.unary, fd)
        case .burst: send(answers.burst, fd)
        }
    }

    /// Sends the rest of `bytes`; waits for room if the kernel has none.
    private func send(_ bytes: [UInt8], _ fd: CInt) {
        let peer = peers + Int(fd)
        let offset = peer.pointee.unsentOffset
        let count = bytes.withUnsafeBytes {
            Glibc.send(fd, $0.baseAddress! + offset, $0.count - offset, CInt(MSG_NOSIGNAL))
        }
        if count < 0, errno != EAGAIN { return drop(fd) }
        peer.pointee.unsentOffset += max(0, count)
        let isDone = peer.pointee.unsentOffset == bytes.count
        if isDone { peer.pointee.unsent = .none }
        if peer.pointee.wantsOutput == isDone {
            peer.pointee.wantsOutput = !isDone
            watch(fd, EPOLLIN.rawValue | (isDone ? 0 : EPOLLOUT.rawValue), EPOLL_CTL_MOD)
        }
    }

    /// Sends a few bytes on a connection that is sure to have room.
    private func put(_ bytes: [UInt8], _ fd: CInt) {
        let count = bytes.withUnsafeBytes { Glibc.send(fd, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
        if count != bytes.count { drop(fd) }
    }

    // MARK: - Spaced events

    private func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private func nextTimeout() -> Int64 {
        guard dueStart < due.count else { return -1 }
        let time = now()
        let next = due[dueStart].nanoseconds
        return next > time ? Int64(next - time) : 0
    }

    private func sendDue() {
        guard dueStart < due.count else { return }
        let time = now()
        let end = due.count
        while dueStart < end, due[dueStart].nanoseconds <= time {
            let item = due[dueStart]
            dueStart += 1
            let peer = peers + Int(item.fd)
            guard peer.pointee.generation == item.generation, peer.pointee.eventsLeft > 0 else { continue }
            sendEvent(item.fd, at: item.nanoseconds)
        }
        if dueStart > 8192 {
            due.removeFirst(dueStart)
            dueStart = 0
        }
    }

    /// Sends one content event with the time of its sending, and schedules the next one or the end.
    private func sendEvent(_ fd: CInt, at nanoseconds: UInt64) {
        let peer = peers + Int(fd)
        peer.pointee.eventsLeft -= 1
        withUnsafeTemporaryAllocation(byteCount: answers.event.count, alignment: 1) { copy in
            copy.copyBytes(from: answers.event)
            var value = now()
            for index in answers.timestamp.reversed() {
                copy[index] = UInt8(value % 10) + 48
                value /= 10
            }
            if Glibc.send(fd, copy.baseAddress, copy.count, CInt(MSG_NOSIGNAL)) != copy.count { drop(fd) }
        }
        guard let input = peer.pointee.input else { return }
        if peer.pointee.eventsLeft > 0 {
            let gap = UInt64(plan.gapMicroseconds) * 1000
            due.append(Due(nanoseconds: nanoseconds + gap, fd: fd, generation: peer.pointee.generation))
        } else {
            put(answers.streamEnd, fd)
            if peer.pointee.input != nil { _ = answerNext(fd, input) }
        }
    }
}
