/// Who has how many of the places at a provider, and who may have another one.
///
/// Of many places a user may have seven times as many as are free: alone seven eighths, two users together fourteen
/// fifteenths. So there is a place for the next user, however long the answers take that the others wait for (dynamic
/// thresholds, see `ByteAccount`). A few places are not divided.
struct PlaceShares: Sendable {
    /// Fewer places than that are not divided.
    static let dividedFrom = 16
    private static let timesFree = 7

    var limit: Int
    private(set) var taken = 0
    private var ofUsers: [UInt32: Int] = [:]

    init(limit: Int) {
        self.limit = limit
    }

    func mayEnter(_ uid: UInt32) -> Bool {
        guard taken < limit else { return false }
        return limit < Self.dividedFrom || ofUsers[uid, default: 0] < Self.timesFree * (limit - taken)
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
