/// The figures of one run of one scenario over one path. Times in microseconds.
struct Figures {
    enum Name: String, CaseIterable {
        case requestsPerSecond = "requests_per_second"
        case eventsPerSecond = "events_per_second"
        case p50 = "p50_us"
        case p99 = "p99_us"
        case firstEventP50 = "first_event_p50_us"
        case eventP50 = "event_delay_p50_us"
        case eventP99 = "event_delay_p99_us"
        /// Processor time of the proxy's process, per request or per event, including the cost of the request itself.
        case cpuPerRequest = "cpu_per_request_us"
        case cpuPerEvent = "cpu_per_event_us"
        /// The latency that the path adds to libcurl connected to the upstream directly, in the same round; K=1 only.
        case addedP50 = "added_p50_us"
        case addedP99 = "added_p99_us"
    }

    private(set) var values: [Name: Double] = [:]

    subscript(name: Name) -> Double? { values[name] }

    /// - Parameter cpuNanoseconds: Processor time of the proxy during the run, or of the client if there is no proxy.
    init(_ result: LoadResult, _ scenario: Scenario, cpuNanoseconds: UInt64) {
        let events = Double(result.requests * scenario.eventsPerRequest)
        values[.requestsPerSecond] = Double(result.requests) / result.seconds
        values[.p50] = result.latencies.microseconds(0.5)
        values[.p99] = result.latencies.microseconds(0.99)
        if scenario.shape != .unary {
            values[.eventsPerSecond] = events / result.seconds
            values[.firstEventP50] = result.firstEvents.microseconds(0.5)
            values[.eventP50] = result.eventDelays.microseconds(0.5)
            values[.eventP99] = result.eventDelays.microseconds(0.99)
        }
        let cpu = Double(cpuNanoseconds) / 1000
        values[.cpuPerRequest] = cpu / Double(result.requests)
        if events > 0 { values[.cpuPerEvent] = cpu / events }
    }

    /// Adds the difference to `direct`: for spaced streams in the delay of an event, else in the time of the whole
    /// answer.
    mutating func compare(with direct: Figures, _ scenario: Scenario) {
        guard scenario.concurrency == 1 else { return }
        let (p50, p99): (Name, Name) = scenario.shape == .spaced ? (.eventP50, .eventP99) : (.p50, .p99)
        for (added, name) in [(Name.addedP50, p50), (.addedP99, p99)] {
            if let mine = self[name], let limit = direct[name] { values[added] = mine - limit }
        }
    }
}
