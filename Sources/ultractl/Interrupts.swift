import CSignal
import Glibc

/// Signals as something to wait for: from here on they are delivered to a descriptor and not to the process.
struct Interrupts: ~Copyable {
    /// Readable while a signal waits; -1 if the system has no descriptor left, and signals do what they usually do.
    let descriptor: Int32
    private var previous = sigset_t()

    /// - Parameter others: what is waited for besides SIGINT.
    init(and others: Int32...) {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT] + others { sigaddset(&signals, number) }
        descriptor = signalfd(-1, &signals, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
        if descriptor >= 0 { sigprocmask(SIG_BLOCK, &signals, &previous) }
    }

    deinit {
        guard descriptor >= 0 else { return }
        // What came too late is meant for what is over.
        while takeSignal() != nil {}
        close(descriptor)
        var previous = previous
        sigprocmask(SIG_SETMASK, &previous, nil)
    }

    /// Takes one signal, if one waits.
    func takeSignal() -> Int32? {
        var info = signalfd_siginfo()
        guard read(descriptor, &info, MemoryLayout.size(ofValue: info)) > 0 else { return nil }
        return Int32(info.ssi_signo)
    }

    /// Takes one SIGINT, if it waits.
    func take() -> Bool {
        while let number = takeSignal() {
            if number == SIGINT { return true }
        }
        return false
    }
}
