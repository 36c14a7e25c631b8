internal import Glibc
internal import UltraAPI
internal import UltraSystem

/// Who may do what changes the daemon or costs money unasked: root, the user the daemon runs as, and the members of
/// one group. Decided from what the kernel says of the peer; no name is looked up for it.
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

    func contains(_ peer: Peer) -> Bool {
        peer.uid == 0 || peer.uid == ownUID || groupID.map(peer.isMember) ?? false
    }

    /// - Parameter action: what it is that `peer` may not, at the beginning of a sentence.
    func refusal(of action: String, to peer: Peer) -> UltraError {
        let who = "root and the user ultrad runs as"
        guard let group else {
            return UltraError(
                .permissionDenied, "\(action) is for \(who); uid \(peer.uid) is neither",
                hint: "ask as root, or name a group in daemon.admin_group", provider: "ultrad")
        }
        let joining = "usermod -aG \(group) \"$(id -un \(peer.uid))\""
        guard groupID != nil else {
            return UltraError(
                .permissionDenied,
                "\(action) is for \(who), and for the group \(group), which this machine does not have",
                hint: "as root: groupadd --system \(group); \(joining); ultractl reload; then log in again",
                provider: "ultrad")
        }
        return UltraError(
            .permissionDenied,
            "\(action) is for \(who), and for the group \(group), of which uid \(peer.uid) is no member",
            hint: "as root: \(joining); then log in again", provider: "ultrad")
    }
}
