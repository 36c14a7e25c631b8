import CSignal
import Glibc

/// SIGINT as something to wait for: from here on it is delivered to a descriptor and not to the process.
struct Interrupts: ~Copyable {
    /// Readable while a SIGINT waits; -1 if the system has no descriptor left, and SIGINT ends the process.
    let descriptor: Int32

    init() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        descriptor = signalfd(-1, &signals, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
        if descriptor >= 0 { sigprocmask(SIG_BLOCK, &signals, nil) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Takes one SIGINT, if one waits.
    func take() -> Bool {
        var info = signalfd_siginfo()
        return read(descriptor, &info, MemoryLayout.size(ofValue: info)) > 0
    }
}
