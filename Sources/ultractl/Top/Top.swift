import ArgumentParser
import Glibc

struct Top: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Show rates, providers and models live, full-screen.",
        discussion: """
            Keys: q quits; s and S sort by the next or previous column; p or the space bar pauses; left and right switch \
            between providers and models; up and down scroll. RATE, FAILED and MEDIAN cover requests that ended since \
            top was started.

            --timeout ends it after this time. --json prints the daemon's answer to the operation status at each \
            interval, and needs no terminal.
            """)

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Time between two updates.", valueName: "seconds"))
    var interval = 1.0

    func validate() throws {
        guard interval >= 0.1, interval <= 3600 else {
            throw ValidationError("--interval must be between 0.1 and 3600 seconds.")
        }
    }

    func run() throws {
        let deadline = global.timeLimit.map { ContinuousClock.now + $0 }
        if global.json { return try printAnswers(until: deadline) }
        // A failure to connect must be printed before the alternate screen hides it.
        _ = try global.ask("status")
        guard
            let terminal = RawTerminal(
                .standardOutput, entering: TopDisplay.entering, leaving: TopDisplay.leaving)
        else {
            throw Failure.usage("top needs a terminal; without one use: ultractl status, watch, or top --json")
        }
        var display = TopDisplay(interval: .milliseconds(Int64(interval * 1000)), deadline: deadline)
        try display.run(terminal, global)
    }

    private func printAnswers(until deadline: ContinuousClock.Instant?) throws(Failure) {
        let interrupts = Interrupts()
        let connection = try global.connect()
        let pause = Int32(interval * 1000)
        while true {
            do throws(Failure) {
                try connection.exchange("status", fields: Array("{}".utf8), timeLimit: GlobalOptions.quickAnswer)
                    .printJSON()
            } catch {
                try error.printAnswer()
                throw error
            }
            let left = deadline.map { ContinuousClock.now.duration(to: $0) }
            if let left, left <= .zero { return }
            var wake = pollfd(fd: interrupts.descriptor, events: Int16(POLLIN), revents: 0)
            poll(&wake, 1, min(pause, left?.pollMilliseconds ?? pause))
            if interrupts.hasInterrupt() { throw .interrupted }
            if let left, left <= .milliseconds(Int64(pause)) { return }
        }
    }
}

/// The part of the data that `top` shows, as chosen by keys.
struct TopView: Equatable {
    enum Rows: String {
        case providers, models
    }

    /// The column that rows are sorted by; numbers in descending order, names in ascending order.
    enum Order: String, CaseIterable {
        case name, busy, rate, failed, time
    }

    private(set) var rows = Rows.providers
    private(set) var order = Order.name
    /// The index of the first shown row.
    private(set) var offset = 0
    private(set) var isPaused = false

    /// The reaction that a key asks of the display; `handled`: none.
    enum Reaction {
        case handled, quit, interrupt, suspend, redraw
    }

    /// Applies a key.
    ///
    /// - Parameter count: the number of rows.
    mutating func apply(_ key: Key, count: Int) -> Reaction {
        switch key {
        case .text(let letters): return letters.map { apply($0, count) }.first { $0 != .handled } ?? .handled
        case .left, .right, .tab:
            rows = rows == .providers ? .models : .providers
            offset = 0
        case .up: offset -= 1
        case .down: offset += 1
        case .pageUp: offset -= 10
        case .pageDown: offset += 10
        case .home: offset = 0
        case .end: offset = count - 1
        case .escape, .endOfInput: return .quit
        case .interrupt: return .interrupt
        case .suspend: return .suspend
        case .clearScreen: return .redraw
        default: break
        }
        offset = max(0, min(offset, count - 1))
        return .handled
    }

    private mutating func apply(_ letter: Character, _ count: Int) -> Reaction {
        switch letter {
        case "q", "Q": return .quit
        case "s": order = Self.next(order, by: 1)
        case "S": order = Self.next(order, by: Order.allCases.count - 1)
        case "p", " ": isPaused.toggle()
        case "j": return apply(.down, count: count)
        case "k": return apply(.up, count: count)
        default: break
        }
        return .handled
    }

    private static func next(_ order: Order, by step: Int) -> Order {
        let all = Order.allCases
        let index = all.firstIndex(of: order) ?? 0
        return all[(index + step) % all.count]
    }
}
