/// The data of other users and of the daemon's set-up that a caller may see, by the same rule in `usage`, `subscribe`
/// and `status`.
enum Visibility: Sendable, Equatable {
    /// Administrators see every user's requests, and the paths and upstreams of the daemon.
    case everything
    /// Other callers see their own requests.
    case own(uid: UInt32)

    func shows(_ uid: UInt32) -> Bool {
        switch self {
        case .everything: true
        case .own(let own): own == uid
        }
    }

    /// True if the process id, paths, endpoints, hosts, and warnings about the configuration are shown.
    var showsSetup: Bool { self == .everything }
}

extension Administrators {
    func visibility(for caller: Caller) -> Visibility {
        contains(caller) ? .everything : .own(uid: caller.uid)
    }
}
