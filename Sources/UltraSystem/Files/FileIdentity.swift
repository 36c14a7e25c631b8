internal import Glibc

/// Which file a name or a descriptor stands for: a name may come to stand for another one.
struct FileIdentity: Sendable, Equatable {
    private let device: UInt
    private let number: UInt

    private init(_ status: stat) {
        device = UInt(status.st_dev)
        number = UInt(status.st_ino)
    }

    /// Of what stands at `path`, a link for itself; nil: nothing that can be looked at.
    init?(at path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    init?(of descriptor: CInt) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }
}
