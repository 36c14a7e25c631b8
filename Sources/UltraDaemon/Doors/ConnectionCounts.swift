internal import UltraSystem

/// Counts the open connections of all doors, which share their limits.
@Loop
final class ConnectionCounts {
    private(set) var total = 0
    /// Open connections by uid.
    private(set) var byUser: [UInt32: Int] = [:]
    private let descriptorLimit = DescriptorLimit.current

    /// The reason to refuse another connection of the user; nil: it may be opened.
    func refusal(of uid: UInt32, _ limits: Limits) -> ConnectionRefusal? {
        ConnectionRefusal(
            open: total, ofUser: byUser[uid, default: 0], uid: uid, limits, descriptorLimit: descriptorLimit)
    }

    func opened(by uid: UInt32) {
        total += 1
        byUser[uid, default: 0] += 1
    }

    func closed(by uid: UInt32) {
        total -= 1
        let left = byUser[uid, default: 1] - 1
        byUser[uid] = left > 0 ? left : nil
    }
}
