/// A sample for a median: all values, or beyond `limit` every second, fourth, eighth… one, so that memory is bounded
/// and the sample stays evenly spread.
struct MedianSample {
    /// With this many, the rank of the median is right to within about 0.3 %.
    static let limit = 1 << 16

    private var values: [Float] = []
    private var stride = 1
    private var skipped = 0

    mutating func add(_ value: Float) {
        if skipped > 0 {
            skipped -= 1
            return
        }
        skipped = stride - 1
        values.append(value)
        if values.count == Self.limit { thin() }
    }

    mutating func add(_ other: MedianSample) {
        // Equal strides, so that each value has the same weight.
        var other = other
        while other.stride < stride { other.thin() }
        while stride < other.stride { thin() }
        values += other.values
        while values.count >= Self.limit { thin() }
    }

    private mutating func thin() {
        var kept = 0
        for index in Swift.stride(from: 0, to: values.count, by: 2) {
            values[kept] = values[index]
            kept += 1
        }
        values.removeSubrange(kept...)
        stride *= 2
        skipped = stride - 1
    }

    /// The median; nil: there are no values. Reorders the sample.
    mutating func median() -> Float? {
        guard !values.isEmpty else { return nil }
        let wanted = (values.count - 1) / 2
        // Hoare's selection: linear, unlike sorting.
        values.withUnsafeMutableBufferPointer { values in
            var (low, high) = (0, values.count - 1)
            while low < high {
                let pivot = values[low + (high - low) / 2]
                var (left, right) = (low, high)
                while left <= right {
                    while values[left] < pivot { left += 1 }
                    while values[right] > pivot { right -= 1 }
                    if left <= right {
                        values.swapAt(left, right)
                        left += 1
                        right -= 1
                    }
                }
                if wanted <= right {
                    high = right
                } else if wanted >= left {
                    low = left
                } else {
                    break
                }
            }
        }
        return values[wanted]
    }
}
