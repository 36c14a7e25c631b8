/// What somebody wants to see of it, as the keys say.
struct TopView: Equatable {
    enum Rows: String {
        case providers, models
    }

    /// By what rows are sorted; the highest first, but for names.
    enum Order: String, CaseIterable {
        case name, busy, rate, failed, time
    }

    private(set) var rows = Rows.providers
    private(set) var order = Order.name
    /// The first row that is shown.
    private(set) var offset = 0
    private(set) var isPaused = false

    enum Wish {
        case go, quit, interrupt, suspend, redraw
    }

    /// - Parameter count: of the rows there are.
    mutating func take(_ key: Key, count: Int) -> Wish {
        switch key {
        case .text(let letters): return letters.map { take($0, count) }.first { $0 != .go } ?? .go
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
        return .go
    }

    private mutating func take(_ letter: Character, _ count: Int) -> Wish {
        switch letter {
        case "q", "Q": return .quit
        case "s": order = Self.next(order, by: 1)
        case "S": order = Self.next(order, by: Order.allCases.count - 1)
        case "p", " ": isPaused.toggle()
        case "j": return take(.down, count: count)
        case "k": return take(.up, count: count)
        default: break
        }
        return .go
    }

    private static func next(_ order: Order, by step: Int) -> Order {
        let all = Order.allCases
        let index = all.firstIndex(of: order) ?? 0
        return all[(index + step) % all.count]
    }
}
