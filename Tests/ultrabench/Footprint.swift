/// What the daemon and nginx hold, and how fast they and `ultractl` start. Nil: not measured.
struct Footprint {
    static let openStreams = 1000

    var ultradStartedKilobytes: Int?
    /// When it has given back what the start took.
    var ultradIdleKilobytes: Int?
    var ultradIdleAgainKilobytes: Int?
    var ultradLoadedKilobytes: Int?
    var ultradOpenStreamsKilobytes: Int?
    var ultradThreads: Int?
    var nginxIdleKilobytes: Int?
    var nginxLoadedKilobytes: Int?
    var nginxOpenStreamsKilobytes: Int?
    /// From exec to the first answer to `hello`; median.
    var readyMilliseconds: Double?
    /// A whole `ultractl status`, from fork to exit; median.
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
