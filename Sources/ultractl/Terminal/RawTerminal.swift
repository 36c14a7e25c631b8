import Glibc

/// Puts the terminal at standard input into a mode without line editing and echo (termios(3)).
///
/// The original mode returns when this value goes out of scope, and when a signal ends the process. Only one value may
/// exist at a time.
struct RawTerminal: ~Copyable {
    enum Mode {
        /// Ctrl-C, Ctrl-Z and Ctrl-\ are read as keys.
        case raw
        /// Ctrl-C, Ctrl-Z and Ctrl-\ send signals.
        case cbreak
    }

    /// The signals whose default action ends the process, crashes included.
    private static let fatal = [
        SIGINT, SIGHUP, SIGTERM, SIGQUIT, SIGALRM, SIGABRT, SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV,
    ]

    private let output: Output
    private let entering: StaticString
    private let leaving: StaticString

    /// Enters raw mode.
    ///
    /// - Parameters:
    ///   - output: standard output or standard error, which must be the same terminal.
    ///   - entering: printed when the mode is entered.
    ///   - leaving: printed when the original mode returns.
    /// - Returns: `nil` if standard input or `output` is not a terminal.
    init?(_ output: Output, entering: StaticString, leaving: StaticString) {
        var attributes = termios()
        guard output.isTerminal, tcgetattr(STDIN_FILENO, &attributes) == 0 else { return nil }
        self.output = output
        self.entering = entering
        self.leaving = leaving
        original = attributes
        farewell = (output.descriptor, leaving.utf8Start, leaving.utf8CodeUnitCount)
        for number in Self.fatal {
            // A signal that the parent ignored, as nohup(1) does, stays ignored. SIG_IGN is 1.
            let before = signal(number, restoreAndDie)
            if unsafeBitCast(before, to: Int.self) == 1 { signal(number, SIG_IGN) }
        }
        enter()
    }

    deinit {
        leave()
        for number in Self.fatal where unsafeBitCast(signal(number, SIG_DFL), to: Int.self) == 1 {
            signal(number, SIG_IGN)
        }
    }

    func setMode(_ mode: Mode) {
        var attributes = original
        attributes.c_iflag &= ~tcflag_t(BRKINT | ICRNL | INLCR | IGNCR | ISTRIP | IXON)
        attributes.c_lflag &= ~tcflag_t(ECHO | ICANON | IEXTEN)
        if mode == .raw { attributes.c_lflag &= ~tcflag_t(ISIG) }
        (attributes.c_cc.6, attributes.c_cc.5) = (1, 0)  // VMIN and VTIME: read(2) returns after one byte.
        tcsetattr(STDIN_FILENO, TCSADRAIN, &attributes)
    }

    /// Stops the process, as Ctrl-Z does; returns when it continues.
    func suspend() {
        leave()
        signal(SIGTSTP, SIG_DFL)
        raise(SIGTSTP)
        enter()
    }

    private func enter() {
        setMode(.raw)
        show(entering)
    }

    private func leave() {
        show(leaving)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &original)
    }

    private func show(_ text: StaticString) {
        // Fails only if the terminal is gone: ignoring.
        try? output.write(text.withUTF8Buffer { Array($0) })
    }
}

// The state that the signal handler restores. A handler can take no lock and reach no instance, so it is global; `init`
// sets it before it installs the handler.

private nonisolated(unsafe) var original = termios()
private nonisolated(unsafe) var farewell: (descriptor: Int32, text: UnsafePointer<UInt8>?, count: Int) = (-1, nil, 0)

/// Restores the terminal and ends the process by the same signal. Calls only functions that signal-safety(7) allows.
private func restoreAndDie(_ number: Int32) {
    _ = write(farewell.descriptor, farewell.text, farewell.count)
    tcsetattr(STDIN_FILENO, TCSANOW, &original)
    signal(number, SIG_DFL)
    raise(number)
}
