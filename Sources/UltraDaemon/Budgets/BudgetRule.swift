internal import UltraSystem

/// One `[[budgets]]` with names looked up: whose use it bounds, and by what.
struct BudgetRule: Sendable, Equatable {
    /// nil: whoever it is. With none of the three it holds for everybody together.
    var uid: UInt32?
    var gid: UInt32?
    var program: String?
    var microUSDPerDay: Int?
    var tokensPerDay: Int?
    var requestsPerMinute: Int?
    var atOnce: Int?

    /// Who asks, as the kernel says.
    struct Subject: Sendable, Equatable {
        var uid: UInt32
        var gid: UInt32
        var program: String?
    }

    init() {}

    /// nil: it names a user or a group that the system does not know, and so nobody.
    init?(_ settings: BudgetSettings) {
        uid = settings.uid.map { UInt32(clamping: $0) }
        gid = settings.gid.map { UInt32(clamping: $0) }
        program = settings.program
        if let user = settings.user {
            guard let number = AccountNames.uid(of: user) else { return nil }
            uid = number
        }
        if let group = settings.group {
            guard let number = AccountNames.gid(of: group) else { return nil }
            gid = number
        }
        microUSDPerDay = settings.microUSDPerDay
        tokensPerDay = settings.tokensPerDay
        requestsPerMinute = settings.requestsPerMinute
        atOnce = settings.atOnce
    }

    func matches(_ subject: Subject) -> Bool {
        if let uid, uid != subject.uid { return false }
        if let gid, gid != subject.gid { return false }
        if let program, program != subject.program { return false }
        return true
    }

    /// Whether both bound the use of the same.
    func isOfSame(as other: BudgetRule) -> Bool {
        uid == other.uid && gid == other.gid && program == other.program
    }

    /// Whose it is, for people.
    var words: String {
        let parts = [uid.map { "uid \($0)" }, gid.map { "gid \($0)" }, program.map { "program \($0)" }]
        let named = parts.compactMap(\.self)
        return named.isEmpty ? "everybody together" : named.joined(separator: ", ")
    }
}
