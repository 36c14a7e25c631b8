/// The live watches by token. One batch of kernel events may contain an event for a watch that an earlier event of the
/// batch cancelled: its token finds nothing, even if the slot was reused.
struct WatchTable {
    private struct Slot {
        var generation: UInt32 = 0
        var watch: Unmanaged<Watch>?
    }

    private var slots: [Slot] = []
    private var free: [Int] = []

    /// Does not retain the watch; the watch removes itself on deinit.
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

    /// nil if the watch was removed.
    subscript(token: UInt64) -> Watch? {
        let slot = slots[Int(token & 0xffff_ffff)]
        return slot.generation == UInt32(token >> 32) ? slot.watch?.takeUnretainedValue() : nil
    }
}
