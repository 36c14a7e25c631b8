internal import UltraSystem

/// What a client is shown of other users and of the daemon's set-up: one rule for `usage`, `subscribe` and `status`,
/// and so for `ultractl top` and `watch`, which are made of them.
enum Visibility: Sendable, Equatable {
    /// Administrators see every user's requests, and where the daemon has its files and upstreams.
    case everything
    /// Other clients see what they did themselves.
    case own(uid: UInt32)

    func shows(_ uid: UInt32) -> Bool {
        switch self {
        case .everything: true
        case .own(let own): own == uid
        }
    }

    /// Process id, paths, endpoints and hosts, warnings about the configuration.
    var showsSetup: Bool { self == .everything }
}

extension Administrators {
    func visibility(for peer: Peer) -> Visibility {
        contains(peer) ? .everything : .own(uid: peer.uid)
    }
}
