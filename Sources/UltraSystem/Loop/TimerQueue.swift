/// The armed timers, earliest first: a binary heap in which each timer knows its position. Moving and cancelling take
/// O(log n) and no system call, because the loop passes the next deadline to its single wait.
struct TimerQueue {
    private struct Entry {
        var deadline: UInt64
        let timer: Timer
    }

    private var heap: [Entry] = []

    /// In nanoseconds of `CLOCK_MONOTONIC`; nil if no timer is armed.
    var nextDeadline: UInt64? { heap.first?.deadline }

    /// Arms `timer` for `deadline`; an armed timer is moved.
    @Loop
    mutating func insert(_ timer: Timer, at deadline: UInt64) {
        if let position = timer.position {
            heap[position].deadline = deadline
            settle(position)
        } else {
            timer.position = heap.count
            heap.append(Entry(deadline: deadline, timer: timer))
            settle(heap.count - 1)
        }
    }

    @Loop
    mutating func remove(_ timer: Timer) {
        guard let position = timer.position else { return }
        timer.position = nil
        let last = heap.removeLast()
        if position < heap.count {
            heap[position] = last
            last.timer.position = position
            settle(position)
        }
    }

    /// Removes and returns the earliest timer that is due at `now`; nil if none is.
    @Loop
    mutating func popDue(_ now: UInt64) -> Timer? {
        guard let first = heap.first, first.deadline <= now else { return nil }
        remove(first.timer)
        return first.timer
    }

    @Loop
    private mutating func settle(_ position: Int) {
        var position = position
        while position > 0, heap[position].deadline < heap[(position - 1) / 2].deadline {
            exchange(position, (position - 1) / 2)
            position = (position - 1) / 2
        }
        while true {
            var least = position
            let left = 2 * position + 1
            let right = left + 1
            if left < heap.count, heap[left].deadline < heap[least].deadline { least = left }
            if right < heap.count, heap[right].deadline < heap[least].deadline { least = right }
            if least == position { return }
            exchange(position, least)
            position = least
        }
    }

    @Loop
    private mutating func exchange(_ a: Int, _ b: Int) {
        heap.swapAt(a, b)
        heap[a].timer.position = a
        heap[b].timer.position = b
    }
}
