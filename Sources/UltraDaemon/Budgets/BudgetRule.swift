/// One `[[budgets]]` entry with its names resolved: the subject, and its limits.
struct BudgetRule: Sendable, Equatable {
    /// nil: any user. A rule without user, group and program applies to all requests together.
    var uid: UInt32?
    var gid: UInt32?
    var program: String?
    var microUSDPerDay: Int?
    var tokensPerDay: Int?
    var requestsPerMinute: Int?
    var atOnce: Int?

    /// A calling process, as the kernel describes it.
    struct Subject: Sendable, Equatable {
        var uid: UInt32
        var gid: UInt32
        /// Supplementary groups; most systems assign users to groups by these.
        var groups: [UInt32] = []
        var program: String?

        init(uid: UInt32, gid: UInt32, groups: [UInt32] = [], program: String? = nil) {
            self.uid = uid
            self.gid = gid
            self.groups = groups
            self.program = program
        }

        init(_ caller: Caller) {
            self.init(uid: caller.uid, gid: caller.gid, groups: caller.groups, program: caller.program)
        }

        func isMember(of group: UInt32) -> Bool { gid == group || groups.contains(group) }
    }

    init() {}

    /// nil: it names a user or group that the system does not know, so that it applies to nobody.
    init?(_ settings: BudgetSettings, _ accounts: NamedAccounts) {
        uid = settings.uid.map { UInt32(clamping: $0) }
        gid = settings.gid.map { UInt32(clamping: $0) }
        program = settings.program
        if let user = settings.user {
            guard let number = accounts.users[user] else { return nil }
            uid = number
        }
        if let group = settings.group {
            guard let number = accounts.groups[group] else { return nil }
            gid = number
        }
        microUSDPerDay = settings.microUSDPerDay
        tokensPerDay = settings.tokensPerDay
        requestsPerMinute = settings.requestsPerMinute
        atOnce = settings.atOnce
    }

    func matches(_ subject: Subject) -> Bool {
        if let uid, uid != subject.uid { return false }
        if let gid, !subject.isMember(of: gid) { return false }
        if let program, program != subject.program { return false }
        return true
    }

    /// True if both rules have the same subject.
    func isOfSame(as other: BudgetRule) -> Bool {
        uid == other.uid && gid == other.gid && program == other.program
    }

    /// The subject in words, for error messages.
    var words: String {
        let parts = [uid.map { "uid \($0)" }, gid.map { "gid \($0)" }, program.map { "program \($0)" }]
        let named = parts.compactMap(\.self)
        return named.isEmpty ? "everybody together" : named.joined(separator: ", ")
    }
}
