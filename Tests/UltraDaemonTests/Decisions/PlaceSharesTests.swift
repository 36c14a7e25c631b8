import Testing

@testable import UltraDaemon

@Suite("Places at a provider")
struct PlaceSharesTests {
    /// The places of each user when all users take places in turn until none may take more.
    private static func fill(_ users: UInt32, limit: Int) -> [Int] {
        var places = PlaceShares(limit: limit)
        var counts = [Int](repeating: 0, count: Int(users))
        var isFull = false
        while !isFull {
            isFull = true
            for user in 0..<users where places.mayEnter(user) {
                places.enter(user)
                counts[Int(user)] += 1
                isFull = false
            }
        }
        #expect(places.taken == counts.reduce(0, +) && places.taken <= limit)
        return counts
    }

    @Test(
        "one user may have seven eighths of many places, and several leave one for the next",
        arguments: [(1, 256, [224]), (2, 256, [120, 119]), (1, 16, [14]), (1, 15, [15]), (1, 1, [1]), (2, 4, [2, 2])]
            as [(UInt32, Int, [Int])])
    func shares(users: UInt32, limit: Int, expected: [Int]) {
        #expect(Self.fill(users, limit: limit) == expected)
    }

    @Test("the only user of a daemon may have all places, and one that comes shares those that are given back")
    func only() {
        var places = PlaceShares(limit: 16)
        places.isShared = false
        for _ in 0..<16 {
            #expect(places.mayEnter(1))
            places.enter(1)
        }
        #expect(!places.mayEnter(1))
        places.isShared = true
        places.leave(1)
        #expect(!places.mayEnter(1) && places.mayEnter(2))
    }

    @Test("a place that is given back can be taken by whoever may have another one")
    func leaving() {
        var places = PlaceShares(limit: 16)
        for _ in 0..<14 { places.enter(1) }
        #expect(!places.mayEnter(1) && places.mayEnter(2))
        places.enter(2)
        places.enter(2)
        #expect(!places.mayEnter(2))
        places.leave(1)
        #expect(!places.mayEnter(1) && places.mayEnter(2))
        for _ in 0..<13 { places.leave(1) }
        places.leave(2)
        places.leave(2)
        #expect(places.taken == 0 && places.mayEnter(1))
    }
}
