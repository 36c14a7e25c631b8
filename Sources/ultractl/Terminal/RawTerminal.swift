import Glibc

/// The terminal at standard input, whose keys come one by one and unseen; as it was before when this goes out of
/// scope, and when a signal ends the program.
struct RawTerminal: ~Copyable {
    /// What becomes of Ctrl-C, Ctrl-Z and Ctrl-\.
    enum Keys {
        /// They are keys like any other.
        case all
        /// They are signals, while the program is busy with something else.
        case signals
    }

    /// Signals that end a program which does not care, its own crashes among them.
    private static let fatal = [
        SIGINT, SIGHUP, SIGTERM, SIGQUIT, SIGALRM, SIGABRT, SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV,
    ]

    private let output: Output
    private let entering: StaticString
    private let leaving: StaticString

    /// Prints `entering`, and `leaving` in the end.
    ///
    /// - Parameter output: the same terminal.
    /// - Returns: `nil` if standard input is no terminal.
    init?(_ output: Output, entering: StaticString, leaving: StaticString) {
        var attributes = termios()
        guard output.isTerminal, tcgetattr(STDIN_FILENO, &attributes) == 0 else { return nil }
        self.output = output
        self.entering = entering
        self.leaving = leaving
        original = attributes
        farewell = (output.descriptor, leaving.utf8Start, leaving.utf8CodeUnitCount)
        for number in Self.fatal {
            // nohup(1) and its like stay in force: SIG_IGN is 1.
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

    func take(_ keys: Keys) {
        var attributes = original
        attributes.c_iflag &= ~tcflag_t(BRKINT | ICRNL | INLCR | IGNCR | ISTRIP | IXON)
        attributes.c_lflag &= ~tcflag_t(ECHO | ICANON | IEXTEN)
        if keys == .all { attributes.c_lflag &= ~tcflag_t(ISIG) }
        (attributes.c_cc.6, attributes.c_cc.5) = (1, 0)  // VMIN and VTIME: read(2) waits for one byte, no longer.
        tcsetattr(STDIN_FILENO, TCSADRAIN, &attributes)
    }

    /// Stops the program, as Ctrl-Z does, and goes on when it does.
    func suspend() {
        leave()
        signal(SIGTSTP, SIG_DFL)
        raise(SIGTSTP)
        enter()
    }

    private func enter() {
        take(.all)
        show(entering)
    }

    private func leave() {
        show(leaving)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &original)
    }

    private func show(_ text: StaticString) {
        // A terminal that is gone shows nothing: ignoring.
        try? output.write(text.withUTF8Buffer { Array($0) })
    }
}

// What a signal handler restores. It may take no lock and reach no instance, and the values are there before it is.

private nonisolated(unsafe) var original = termios()
private nonisolated(unsafe) var farewell: (descriptor: Int32, text: UnsafePointer<UInt8>?, count: Int) = (-1, nil, 0)

/// Calls only what signal-safety(7) allows.
private func restoreAndDie(_ number: Int32) {
    _ = write(farewell.descriptor, farewell.text, farewell.count)
    tcsetattr(STDIN_FILENO, TCSANOW, &original)
    signal(number, SIG_DFL)
    raise(number)
}
