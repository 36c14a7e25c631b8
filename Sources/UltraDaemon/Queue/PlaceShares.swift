/// The places (concurrent requests) at a provider that each user occupies, and the decision on a further one. Pure.
///
/// A user may occupy seven times as many places as are free: one user alone seven eighths of them, two users together
/// fourteen fifteenths. So a place is left for another user, however long the requests take (dynamic thresholds, see
/// `ByteAccount`). A small number of places is not divided, nor are the places of a daemon that has one user.
struct PlaceShares: Sendable {
    /// Fewer places than this are not divided.
    static let dividedFrom = 16
    private static let timesFree = 7

    /// The number of places.
    var limit: Int
    /// True if several users have connections to the daemon.
    var isShared = true
    /// The number of occupied places.
    private(set) var taken = 0
    /// Occupied places by uid; a user without any is not in it.
    private var ofUsers: [UInt32: Int] = [:]

    init(limit: Int) {
        self.limit = limit
    }

    func mayEnter(_ uid: UInt32) -> Bool {
        guard taken < limit else { return false }
        guard isShared, limit >= Self.dividedFrom else { return true }
        return ofUsers[uid, default: 0] < Self.timesFree * (limit - taken)
    }

    mutating func enter(_ uid: UInt32) {
        taken += 1
        ofUsers[uid, default: 0] += 1
    }

    mutating func leave(_ uid: UInt32) {
        taken -= 1
        let left = ofUsers[uid, default: 0] - 1
        ofUsers[uid] = left > 0 ? left : nil
    }
}
