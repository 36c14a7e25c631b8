internal import Glibc
internal import UltraAPI

/// The callers that may change the daemon or spend money beyond their own requests: root, the daemon's own user, and
/// the members of one group. The numbers reported by the kernel decide; no name is looked up.
struct Administrators: Sendable, Equatable {
    let ownUID: UInt32
    /// A name or a number, as configured; nil: no group.
    let group: String?
    /// nil: the machine has no such group.
    let groupID: UInt32?

    init(group: String?, groupID: UInt32?, ownUID: UInt32) {
        self.group = group
        self.groupID = groupID
        self.ownUID = ownUID
    }

    init(group: String?, _ accounts: NamedAccounts) {
        self.init(group: group, groupID: group.flatMap { accounts.groups[$0] }, ownUID: geteuid())
    }

    func contains(_ caller: Caller) -> Bool {
        caller.uid == 0 || caller.uid == ownUID || groupID.map(caller.isMember) ?? false
    }

    /// - Parameter action: The subject of the error's sentence.
    func refusal(of action: String, to caller: Caller) -> UltraError {
        let who = "root and the user ultrad runs as"
        guard let group else {
            return UltraError(
                .permissionDenied, "\(action) is for \(who); uid \(caller.uid) is neither",
                hint: "ask as root, or name a group in daemon.admin_group", provider: "ultrad")
        }
        let joining = "usermod -aG \(group) \"$(id -un \(caller.uid))\""
        guard groupID != nil else {
            return UltraError(
                .permissionDenied,
                "\(action) is for \(who), and for the group \(group), which this machine does not have",
                hint: "as root: groupadd --system \(group); \(joining); ultractl reload; then log in again",
                provider: "ultrad")
        }
        return UltraError(
            .permissionDenied,
            "\(action) is for \(who), and for the group \(group), of which uid \(caller.uid) is no member",
            hint: "as root: \(joining); then log in again", provider: "ultrad")
    }
}
