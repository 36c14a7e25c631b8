import Glibc
import UltraAPI
import libultra

/// The loop of `top`: asks, listens, draws, and takes keys.
struct TopDisplay {
    /// The alternate screen, without cursor; lines that are too long end at the edge.
    static let entering: StaticString = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l"
    static let leaving: StaticString = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"
    /// How long a daemon may be silent before that is said.
    private static let silence: Duration = .seconds(5)
    private static let sequencePatience: Duration = .milliseconds(50)

    private let output = Output.standardOutput
    private let interval: Duration
    private let deadline: ContinuousClock.Instant?
    private var counts = TopCounts()
    /// What is shown while the picture is held.
    private var held: TopCounts?
    private var view = TopView()
    private var decoder = KeyDecoder()
    private var lastStatus: ContinuousClock.Instant?

    init(interval: Duration, deadline: ContinuousClock.Instant?) {
        self.interval = interval
        self.deadline = deadline
    }

    /// Until somebody leaves or the time is over; a daemon that goes is waited for.
    mutating func run(_ terminal: borrowing RawTerminal, _ global: GlobalOptions) throws(Failure) {
        let interrupts = Interrupts(and: SIGWINCH)
        while true {
            do throws(Failure) {
                var feed = try TopFeed(global)
                return try follow(&feed, terminal, interrupts)
            } catch {
                switch error {
                case .lost, .noDaemon: counts.trouble = "gone, trying again"
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

    /// Until somebody leaves or the time is over.
    private mutating func follow(
        _ feed: inout TopFeed, _ terminal: borrowing RawTerminal, _ interrupts: borrowing Interrupts
    ) throws(Failure) {
        var next = ContinuousClock.now
        lastStatus = nil
        while true {
            if .now >= next {
                try feed.ask()
                next = .now + interval
            }
            while let news = try feed.next() { take(news) }
            if let lastStatus, lastStatus.duration(to: .now) > max(Self.silence, interval * 3) {
                let time = Quantity.duration(lastStatus.duration(to: .now))
                counts.trouble = "no answer for \(time)"
            }
            try draw()
            let descriptor = pollfd(
                fd: feed.connection.descriptor, events: feed.connection.events, revents: 0)
            guard try wait(for: descriptor, until: next, terminal, interrupts) else { return }
        }
    }

    private mutating func take(_ news: TopFeed.News) {
        switch news {
        case .status(let report):
            let now = ContinuousClock.now
            let passed = lastStatus.map { Double($0.duration(to: now).milliseconds) / 1000 } ?? 0
            lastStatus = now
            counts.take(report, seconds: passed)
        case .snapshot(let snapshot): counts.take(snapshot)
        case .event(let event): counts.take(event, at: .now)
        case .other: break
        }
    }

    // MARK: - Keys and screen

    /// Waits for something to happen, and does what the keys say.
    ///
    /// - Returns: `false`: it is over.
    private mutating func wait(
        for feed: pollfd?, until next: ContinuousClock.Instant, _ terminal: borrowing RawTerminal,
        _ interrupts: borrowing Interrupts
    ) throws(Failure) -> Bool {
        var limit = max(.zero, ContinuousClock.now.duration(to: min(next, deadline ?? next)))
        if decoder.isWaiting { limit = min(limit, Self.sequencePatience) }
        var descriptors = [
            pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
            pollfd(fd: interrupts.descriptor, events: Int16(POLLIN), revents: 0),
            feed ?? pollfd(fd: -1, events: 0, revents: 0),
        ]
        let count = poll(&descriptors, nfds_t(descriptors.count), limit.pollMilliseconds)
        if let deadline, .now >= deadline { return false }
        while let number = interrupts.takeSignal() {
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
            switch view.take(key, count: screen.count) {
            case .go, .redraw: break
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
        // A line is erased before it is written: behind a full one the cursor stands on its last character.
        let text = lines.map { "\u{1B}[K" + $0 }.joined(separator: "\r\n")
        try output.write("\u{1B}[H\(text)" + (lines.count < screen.rows ? "\r\n\u{1B}[J" : ""))
    }
}

/// A connection that tells what happens, and how things stand when it is asked.
struct TopFeed: ~Copyable {
    enum News {
        case status(StatusReport), snapshot(WatchSnapshot), event(WatchEvent), other
    }

    let connection: Connection
    private var subscription: UInt64
    private var question: UInt64?

    init(_ global: GlobalOptions) throws(Failure) {
        let made = try global.connect()
        subscription = try Self.subscribe(made)
        connection = made
    }

    private static func subscribe(_ connection: borrowing Connection) throws(Failure) -> UInt64 {
        try connection.send("subscribe", Array(#"{"topics":["health","requests"]}"#.utf8))
    }

    /// Asks for the status, unless that was asked and not answered yet.
    mutating func ask() throws(Failure) {
        guard question == nil else { return }
        question = try connection.send("status", Array("{}".utf8))
    }

    /// What has come, if something has.
    ///
    /// - Throws: `.refused`, and what ends the connection.
    mutating func next() throws(Failure) -> News? {
        guard let event = try connection.next() else { return nil }
        switch event.kind {
        case ULTRA_KIND_RESULT where event.id == question:
            question = nil
            return .status(try event.read { (reader) throws(JSONError) in try StatusReport(&reader) })
        case ULTRA_KIND_SNAPSHOT:
            return .snapshot(try event.read { (reader) throws(JSONError) in try WatchSnapshot(&reader) })
        case ULTRA_KIND_EVENT:
            return .event(try event.read { (reader) throws(JSONError) in try WatchEvent(&reader) })
        case ULTRA_KIND_ERROR where event.id == subscription && event.string("error.code") == "fell_behind":
            // It begins anew with all there is.
            subscription = try Self.subscribe(connection)
            return .other
        case ULTRA_KIND_ERROR: throw .refused(Refusal(event))
        default: return .other
        }
    }
}
