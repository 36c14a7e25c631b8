/// Memory of the daemon and nginx, and start times of the daemon and `ultractl`. nil: not measured.
struct Footprint {
    static let openStreams = 1000

    var ultradStartedKilobytes: Int?
    /// After the memory of the start was returned.
    var ultradIdleKilobytes: Int?
    var ultradIdleAgainKilobytes: Int?
    var ultradLoadedKilobytes: Int?
    var ultradOpenStreamsKilobytes: Int?
    var ultradThreads: Int?
    var nginxIdleKilobytes: Int?
    var nginxLoadedKilobytes: Int?
    var nginxOpenStreamsKilobytes: Int?
    /// From exec to the first answer to `hello`; the median.
    var readyMilliseconds: Double?
    /// A complete `ultractl status`, from fork to exit; the median.
    var statusMilliseconds: Double?

    var rows: [(name: String, value: Double?, unit: String)] {
        [
            ("ultrad RSS, just started", ultradStartedKilobytes.map(megabytes), "MB"),
            ("ultrad RSS, idle", ultradIdleKilobytes.map(megabytes), "MB"),
            ("ultrad RSS, after the load", ultradLoadedKilobytes.map(megabytes), "MB"),
            ("ultrad RSS, idle again", ultradIdleAgainKilobytes.map(megabytes), "MB"),
            ("ultrad RSS, \(Self.openStreams) open streams", ultradOpenStreamsKilobytes.map(megabytes), "MB"),
            ("ultrad threads, \(Self.openStreams) open streams", ultradThreads.map(Double.init), ""),
            ("nginx worker RSS, idle", nginxIdleKilobytes.map(megabytes), "MB"),
            ("nginx worker RSS, after the load", nginxLoadedKilobytes.map(megabytes), "MB"),
            ("nginx worker RSS, \(Self.openStreams) open streams", nginxOpenStreamsKilobytes.map(megabytes), "MB"),
            ("exec to the first hello", readyMilliseconds, "ms"),
            ("ultractl status", statusMilliseconds, "ms"),
        ]
    }

    private func megabytes(_ kilobytes: Int) -> Double { Double(kilobytes) / 1024 }
}
