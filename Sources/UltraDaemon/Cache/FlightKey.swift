/// Requests with equal keys share a flight.
struct FlightKey: Hashable, Sendable {
    var key: CacheKey
    var isStream: Bool
    /// Fallbacks and timeouts, which are those of the flight.
    var sharing: [UInt8]
}
