internal import Glibc

extension EventLoop {
    /// Runs the shared loop on its own thread, for processes whose main thread belongs to somebody else, such as tests.
    /// Returns when the loop's thread is ready; later calls do nothing.
    package static func startOnOwnThread() {
        started
    }

    private static let started: Void = {
        let isReady = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
        sem_init(isReady, 0, 0)
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, 8 << 20)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { isReady in
                Signals.block()
                EventLoop.shared.adoptCurrentThread()
                if let isReady { sem_post(isReady.assumingMemoryBound(to: sem_t.self)) }
                EventLoop.shared.run()
                return nil
            }, isReady)
        if code != 0 { EventLoop.giveUp("the thread of the event loop cannot be created") }
        sem_wait(isReady)
    }()
}
