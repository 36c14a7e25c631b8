import Glibc

/// Measurements of a load generator in one run of one scenario.
struct LoadResult {
    var requests = 0
    var seconds = 0.0
    /// From sending a request to its last byte.
    var latencies = Samples(capacity: 1 << 16)
    /// From sending a request to its first content event.
    var firstEvents = Samples(capacity: 1 << 12)
    /// From the upstream's write of an event to its arrival here.
    var eventDelays = Samples(capacity: 1 << 16)
}

/// The reason why a run cannot go on.
struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    static func check(_ call: String, _ result: CInt) throws {
        guard result < 0 else { return }
        throw BenchError("\(call): \(String(cString: strerror(errno)))")
    }
}
