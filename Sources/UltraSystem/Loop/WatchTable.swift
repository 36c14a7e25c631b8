/// The live watches by token. An event of the kernel's current batch may name a watch that an earlier event of the
/// same batch cancelled: its token no longer answers, even where the slot was given to another.
struct WatchTable {
    private struct Slot {
        var generation: UInt32 = 0
        var watch: Unmanaged<Watch>?
    }

    private var slots: [Slot] = []
    private var free: [Int] = []

    /// The watch does not become retained: it removes itself when it goes.
    mutating func insert(_ watch: Watch) -> UInt64 {
        let index = free.popLast() ?? slots.count
        if index == slots.count { slots.append(Slot()) }
        slots[index].watch = Unmanaged.passUnretained(watch)
        return UInt64(slots[index].generation) << 32 | UInt64(index)
    }

    mutating func remove(_ token: UInt64) {
        let index = Int(token & 0xffff_ffff)
        slots[index].watch = nil
        slots[index].generation = (slots[index].generation + 1) & 0x7fff_ffff
        free.append(index)
    }

    subscript(token: UInt64) -> Watch? {
        let slot = slots[Int(token & 0xffff_ffff)]
        return slot.generation == UInt32(token >> 32) ? slot.watch?.takeUnretainedValue() : nil
    }
}
