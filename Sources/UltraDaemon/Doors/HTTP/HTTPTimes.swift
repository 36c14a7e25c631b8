internal import UltraSystem

/// Timeouts of the HTTP door; ultra-http(7), LIMITS.
struct HTTPTimes: Sendable, Equatable {
    /// Keep-alive time between requests. It is longer than that of clients (4 to 90 s), so that the client closes first
    /// and no request is lost in a race.
    var idle = Duration.seconds(120)
    /// Time for a complete head, from its first byte.
    var head = Duration.seconds(10)
    /// Longest pause within a body.
    var bodyPause = Duration.seconds(10)
    /// Time for a complete body.
    var body = Duration.seconds(120)
    /// The time a body waits for memory in the user's share.
    var room = Duration.seconds(10)
    /// Time after which the head of a stream is sent even without content.
    var quiet = Duration.seconds(25)
    /// The time without content after which a stream whose head was sent gets a comment.
    var filler = Duration.seconds(10)
    /// Pause between the error event of a failed stream and the end of the connection, so that clients read the event.
    var brokenStream = Duration.milliseconds(250)
    /// Time during which input is read and dropped after the last response, because closing at once would reset the
    /// connection before the client has read the response (RFC 9112, section 9.6).
    var lingering = Duration.seconds(1)
}
