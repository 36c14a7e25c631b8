internal import Glibc

/// Tells when watched files are removed, replaced or moved (inotify(7)), without looking at them in between. It sees
/// neither a change of a folder above a file, nor what another machine does on a network file system.
@Loop
package final class FileWatch {
    /// Of the inotify instance; negative if the kernel gave none.
    private nonisolated let descriptor: CInt
    private var watch: Watch?

    /// - Parameter onChange: called on the loop after one or more changes.
    package init(onChange: @escaping @Loop () -> Void) {
        let descriptor = inotify_init1(CInt(IN_NONBLOCK | IN_CLOEXEC))
        self.descriptor = descriptor
        guard descriptor >= 0 else { return }
        watch = Watch(descriptor, .input) { _ in
            Self.discardEvents(descriptor)
            onChange()
        }
    }

    isolated deinit {
        watch?.cancel()
        if descriptor >= 0 { close(descriptor) }
    }

    /// False if the kernel gave no inotify instance: a user has 128 of them at most (`fs.inotify.max_user_instances`).
    package nonisolated var isPossible: Bool { descriptor >= 0 }

    /// Watches the files that `paths` name now; a file that is already watched stays so. Blocks as long as the disk does.
    /// - Returns: true if every one of them exists and is watched.
    package nonisolated func follow(_ paths: [String]) -> Bool {
        guard descriptor >= 0 else { return false }
        // The removal of a file whose descriptor is still open shows as a change of its attributes: its count of links.
        let changes = UInt32(IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF | IN_DONT_FOLLOW)
        var areAllWatched = true
        for path in paths where inotify_add_watch(descriptor, path, changes) < 0 { areAllWatched = false }
        return areAllWatched
    }

    /// The events say no more than that something changed, which the caller looks at itself.
    private nonisolated static func discardEvents(_ descriptor: CInt) {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { space in
            while read(descriptor, space.baseAddress, space.count) > 0 {}
        }
    }
}
