import Glibc

/// A yes or no that a thread waits for and another one gives.
///
/// `@unchecked`: `inTime` is written before `sem_post` and read after `sem_wait`, which order them (sem_post(3)).
final class Verdict: @unchecked Sendable {
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    private var inTime = false

    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func give(_ inTime: Bool) {
        self.inTime = inTime
        sem_post(semaphore)
    }

    func await() -> Bool {
        while sem_wait(semaphore) != 0 {}  // EINTR
        return inTime
    }
}
