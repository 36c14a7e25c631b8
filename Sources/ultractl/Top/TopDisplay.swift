import Glibc
import UltraAPI
import libultra

/// The event loop of `top`: requests the status, receives events, handles keys and draws.
struct TopDisplay {
    /// Switches to the alternate screen, and turns the cursor and automatic wrapping off.
    static let entering: StaticString = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l"
    static let leaving: StaticString = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"
    /// The time without an answer after which the display says so.
    private static let silenceLimit: Duration = .seconds(5)
    /// The longest pause within an escape sequence; after it, ESC is a key by itself.
    private static let sequenceTimeout: Duration = .milliseconds(50)

    private let output = Output.standardOutput
    private let interval: Duration
    private let deadline: ContinuousClock.Instant?
    private var counts = TopCounts()
    /// The data that is shown while the display is paused.
    private var held: TopCounts?
    private var view = TopView()
    private var decoder = KeyDecoder()
    private var lastStatus: ContinuousClock.Instant?

    init(interval: Duration, deadline: ContinuousClock.Instant?) {
        self.interval = interval
        self.deadline = deadline
    }

    /// Runs until the user quits or the deadline passes; reconnects when the daemon goes away.
    ///
    /// - Throws: `.interrupted`, and failures other than a lost connection.
    mutating func run(_ terminal: borrowing RawTerminal, _ global: GlobalOptions) throws(Failure) {
        let interrupts = Interrupts(and: SIGWINCH)
        while true {
            do throws(Failure) {
                var feed = try TopFeed(global)
                return try follow(&feed, terminal, interrupts)
            } catch {
                switch error {
                case .lost, .noDaemon: counts.trouble = "not running, reconnecting"
                case .refused(let refusal) where refusal.code == "shutting_down": counts.trouble = "stopping"
                default: throw error
                }
            }
            let next = ContinuousClock.now + interval
            while .now < next {
                try draw()
                guard try wait(for: nil, until: next, terminal, interrupts) else { return }
            }
        }
    }

    /// Follows one connection until the user quits or the deadline passes.
    private mutating func follow(
        _ feed: inout TopFeed, _ terminal: borrowing RawTerminal, _ interrupts: borrowing Interrupts
    ) throws(Failure) {
        var next = ContinuousClock.now
        lastStatus = nil
        while true {
            if .now >= next {
                try feed.requestStatus()
                next = .now + interval
            }
            while let news = try feed.next() { record(news) }
            if let lastStatus, lastStatus.duration(to: .now) > max(Self.silenceLimit, interval * 3) {
                let time = Quantity.duration(lastStatus.duration(to: .now))
                counts.trouble = "no answer for \(time)"
            }
            try draw()
            let descriptor = pollfd(
                fd: feed.connection.descriptor, events: feed.connection.events, revents: 0)
            guard try wait(for: descriptor, until: next, terminal, interrupts) else { return }
        }
    }

    private mutating func record(_ news: TopFeed.News) {
        switch news {
        case .status(let report):
            let now = ContinuousClock.now
            let passed = lastStatus.map { Double($0.duration(to: now).milliseconds) / 1000 } ?? 0
            lastStatus = now
            counts.record(report, seconds: passed)
        case .snapshot(let snapshot): counts.record(snapshot)
        case .event(let event): counts.record(event, at: .now)
        case .other: break
        }
    }

    // MARK: - Keys and screen

    /// Waits for input, a signal or the feed until `next`, and handles the keys.
    ///
    /// - Parameter feed: the connection to poll; `nil`: none.
    /// - Returns: false if the user quits or the deadline has passed.
    /// - Throws: `.interrupted`.
    private mutating func wait(
        for feed: pollfd?, until next: ContinuousClock.Instant, _ terminal: borrowing RawTerminal,
        _ interrupts: borrowing Interrupts
    ) throws(Failure) -> Bool {
        var limit = max(.zero, ContinuousClock.now.duration(to: min(next, deadline ?? next)))
        if decoder.isWaiting { limit = min(limit, Self.sequenceTimeout) }
        var descriptors = [
            pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
            pollfd(fd: interrupts.descriptor, events: Int16(POLLIN), revents: 0),
            feed ?? pollfd(fd: -1, events: 0, revents: 0),
        ]
        let count = poll(&descriptors, nfds_t(descriptors.count), limit.pollMilliseconds)
        if let deadline, .now >= deadline { return false }
        while let number = interrupts.nextSignal() {
            if number == SIGINT { throw .interrupted }
        }
        var keys = count == 0 ? decoder.flush() : []
        if descriptors[0].revents != 0 {
            var bytes = [UInt8](repeating: 0, count: 256)
            let length = read(STDIN_FILENO, &bytes, bytes.count)
            guard length > 0 else { return length < 0 && (errno == EINTR || errno == EAGAIN) }
            keys += decoder.feed(bytes[..<length])
        }
        for key in keys {
            let wasPaused = view.isPaused
            switch view.apply(key, count: screen.count) {
            case .handled, .redraw: break
            case .quit: return false
            case .interrupt: throw .interrupted
            case .suspend: terminal.suspend()
            }
            if view.isPaused != wasPaused { held = view.isPaused ? counts : nil }
        }
        return true
    }

    private var screen: TopScreen {
        let size = output.size
        return TopScreen(
            counts: held ?? counts, view: view, style: Style(for: output), columns: size?.columns ?? 80,
            rows: max(1, size?.rows ?? 24), now: .now)
    }

    private func draw() throws(Failure) {
        guard counts.status != nil else { return }
        let screen = screen
        let lines = screen.lines()
        // Each line is erased before it is written: after a full line, the cursor stands on its last character.
        let text = lines.map { "\u{1B}[K" + $0 }.joined(separator: "\r\n")
        try output.write("\u{1B}[H\(text)" + (lines.count < screen.rows ? "\r\n\u{1B}[J" : ""))
    }
}

/// A connection with a subscription, on which `top` also requests the status.
struct TopFeed: ~Copyable {
    enum News {
        case status(StatusReport), snapshot(WatchSnapshot), event(WatchEvent), other
    }

    let connection: Connection
    /// The id of the subscription.
    private var subscription: UInt64
    /// The id of the `status` request in flight; `nil`: none.
    private var statusRequest: UInt64?

    init(_ global: GlobalOptions) throws(Failure) {
        let made = try global.connect()
        subscription = try Self.subscribe(made)
        connection = made
    }

    private static func subscribe(_ connection: borrowing Connection) throws(Failure) -> UInt64 {
        try connection.send("subscribe", Array(#"{"topics":["health","requests"]}"#.utf8))
    }

    /// Requests the status, unless such a request is in flight.
    mutating func requestStatus() throws(Failure) {
        guard statusRequest == nil else { return }
        statusRequest = try connection.send("status", Array("{}".utf8))
    }

    /// Returns the next event that has arrived; `nil`: none has.
    ///
    /// - Throws: `.refused`, `.unreadable`, `.lost`.
    mutating func next() throws(Failure) -> News? {
        guard let event = try connection.next() else { return nil }
        switch event.kind {
        case ULTRA_KIND_RESULT where event.id == statusRequest:
            statusRequest = nil
            return .status(try event.read { (reader) throws(JSONError) in try StatusReport(&reader) })
        case ULTRA_KIND_SNAPSHOT:
            return .snapshot(try event.read { (reader) throws(JSONError) in try WatchSnapshot(&reader) })
        case ULTRA_KIND_EVENT:
            return .event(try event.read { (reader) throws(JSONError) in try WatchEvent(&reader) })
        case ULTRA_KIND_ERROR where event.id == subscription && event.string("error.code") == "fell_behind":
            // The new subscription begins with a snapshot of the whole state.
            subscription = try Self.subscribe(connection)
            return .other
        case ULTRA_KIND_ERROR: throw .refused(Refusal(event))
        default: return .other
        }
    }
}
