internal import CCurl
internal import Glibc

/// Decides which of the kernel's messages about addresses and routes (rtnetlink(7)) report a change. Pure.
///
/// The kernel repeats addresses and routes whenever their lifetime is extended, for example with every router
/// advertisement: a message that differs only in its lifetime is no change. Link-local addresses and routes lead to no
/// provider, and come and go with every container, so they are ignored.
struct NetworkChanges {
    /// Signatures of known addresses and routes: their messages without lifetimes.
    private var known: Set<[UInt8]> = []

    /// The most signatures kept; beyond it all are forgotten.
    static let knownLimit = 1024

    /// True if `bytes`, a sequence of whole messages, report a change.
    mutating func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes[...]
        var isChange = false
        while rest.count >= Self.headerLength {
            let length = Int(Self.number(rest, 0, of: UInt32.self))
            guard length >= Self.headerLength, length <= rest.count else { break }
            let message = rest.prefix(length)
            let type = Self.number(message, 4, of: UInt16.self)
            let flags = Self.number(message, 6, of: UInt16.self)
            if receive(type, replaces: flags & UInt16(NLM_F_REPLACE) != 0, message.dropFirst(Self.headerLength)) {
                isChange = true
            }
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return isChange
    }

    private mutating func receive(_ type: UInt16, replaces: Bool, _ body: Slice<UnsafeRawBufferPointer>) -> Bool {
        let isNew: Bool
        let signature: [UInt8]?
        switch Int(type) {
        case RTM_NEWADDR, RTM_DELADDR:
            isNew = Int(type) == RTM_NEWADDR
            signature = Self.address(body)
        case RTM_NEWROUTE, RTM_DELROUTE:
            isNew = Int(type) == RTM_NEWROUTE
            signature = Self.route(body)
        default:
            return false
        }
        guard let signature else { return false }
        guard isNew else {
            known.remove(signature)
            return true
        }
        guard !known.contains(signature) else { return false }
        // The message does not say what it replaced, and that must count as a change if it comes back.
        if replaces || known.count >= Self.knownLimit { known = [] }
        known.insert(signature)
        return true
    }

    // MARK: - Messages

    private static let headerLength = 16
    private static let (ifaCacheInfo, ifaFlags, rtaCacheInfo, rtaExpires) = (6, 8, 12, 23)
    private static let (globalScope, localTable, clonedFlag) = (UInt8(0), UInt8(255), UInt32(0x200))

    /// The signature of a `struct ifaddrmsg` (family, prefix length, flags, scope, interface) and its attributes; nil
    /// if it is ignored.
    private static func address(_ body: Slice<UnsafeRawBufferPointer>) -> [UInt8]? {
        guard body.count >= 8, body[body.startIndex + 3] == globalScope else { return nil }
        var signature = [UInt8(RTM_NEWADDR), body[body.startIndex], body[body.startIndex + 1]]
        signature += body[(body.startIndex + 4)..<(body.startIndex + 8)]
        return signature + attributes(body.dropFirst(8), but: [ifaCacheInfo, ifaFlags])
    }

    /// The signature of a `struct rtmsg` (family, destination and source length, TOS, table, protocol, scope, type,
    /// flags) and its attributes; nil if it is ignored.
    private static func route(_ body: Slice<UnsafeRawBufferPointer>) -> [UInt8]? {
        guard body.count >= 12 else { return nil }
        let head = Array(body.prefix(8))
        guard head[4] != localTable, head[7] == UInt8(RTN_UNICAST), number(body, 8, of: UInt32.self) & clonedFlag == 0
        else { return nil }
        let attributes = attributes(body.dropFirst(12), but: [rtaCacheInfo, rtaExpires])
        // A link-local destination, fe80::/10.
        if head[0] == UInt8(AF_INET6), head[1] >= 10, let start = destination(body.dropFirst(12)),
            start.0 == 0xfe, start.1 & 0xc0 == 0x80
        {
            return nil
        }
        return [UInt8(RTM_NEWROUTE)] + head + attributes
    }

    /// The first two bytes of a route's destination.
    private static func destination(_ attributes: Slice<UnsafeRawBufferPointer>) -> (UInt8, UInt8)? {
        var found: (UInt8, UInt8)?
        forEach(attributes) { type, whole in
            if type == Int(RTA_DST.rawValue), whole.count >= 6 {
                found = (whole[whole.startIndex + 4], whole[whole.startIndex + 5])
            }
        }
        return found
    }

    /// All attributes except those of the types in `left`.
    private static func attributes(_ bytes: Slice<UnsafeRawBufferPointer>, but left: [Int]) -> [UInt8] {
        var kept: [UInt8] = []
        forEach(bytes) { type, whole in
            if !left.contains(type) { kept += whole }
        }
        return kept
    }

    /// Calls `body` with the type and the bytes of each attribute (`struct rtattr`: two bytes of length, two of type,
    /// the value).
    private static func forEach(
        _ bytes: Slice<UnsafeRawBufferPointer>, _ body: (Int, Slice<UnsafeRawBufferPointer>) -> Void
    ) {
        var rest = bytes
        while rest.count >= 4 {
            let length = Int(number(rest, 0, of: UInt16.self))
            guard length >= 4, length <= rest.count else { return }
            body(Int(number(rest, 2, of: UInt16.self)) & 0x3fff, rest.prefix(length))
            rest = rest.dropFirst((length + 3) & ~3)
        }
    }

    /// An integer in native byte order; 0 if it is out of bounds.
    private static func number<Number: FixedWidthInteger>(
        _ bytes: Slice<UnsafeRawBufferPointer>, _ offset: Int, of: Number.Type
    ) -> Number {
        guard bytes.count >= offset + MemoryLayout<Number>.size else { return 0 }
        return UnsafeRawBufferPointer(rebasing: bytes).loadUnaligned(fromByteOffset: offset, as: Number.self)
    }
}

/// Calls `onChange` on the loop when addresses or routes of this machine change. Without a netlink socket, for example
/// in a sandbox, it never does.
@Loop
final class NetworkWatch {
    private let descriptor: CInt
    private var watch: Watch?
    private var changes = NetworkChanges()
    private let onChange: @Loop () -> Void

    init(onChange: @escaping @Loop () -> Void) {
        self.onChange = onChange
        descriptor = ccurl_network_changes()
        guard descriptor >= 0 else { return }
        watch = Watch(descriptor, .input) { [unowned self] _ in receive() }
    }

    isolated deinit {
        watch?.cancel()
        if descriptor >= 0 { close(descriptor) }
    }

    private func receive() {
        var isChange = false
        withUnsafeTemporaryAllocation(byteCount: 32 << 10, alignment: 8) { buffer in
            while true {
                let count = recv(descriptor, buffer.baseAddress, buffer.count, CInt(MSG_DONTWAIT))
                if count > 0 {
                    let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count])
                    if changes.receive(bytes) { isChange = true }
                } else if count < 0, errno == ENOBUFS {
                    // Messages were lost; assume that one was a change.
                    isChange = true
                } else if count == 0 || errno != EINTR {
                    break
                }
            }
        }
        if isChange { onChange() }
    }
}
