internal import UltraSystem

/// How long the HTTP door waits for its clients; ultra-http(7), TIMES.
struct HTTPTimes: Sendable, Equatable {
    /// Between requests: longer than the clients' own 4 to 90 seconds, so that they close first and no request crosses
    /// the close.
    var idle = Duration.seconds(120)
    /// From the first byte of a head to its end.
    var head = Duration.seconds(10)
    /// Without a byte of the body.
    var bodyPause = Duration.seconds(10)
    /// For a whole body.
    var body = Duration.seconds(120)
    /// For room in the user's share of memory.
    var room = Duration.seconds(10)
    /// After which the head of a stream leaves although there is no content yet.
    var quiet = Duration.seconds(25)
    /// Between two signs of life in a stream without content.
    var filler = Duration.seconds(10)
    /// Between the error event of a broken stream and the end of the connection, so that the client reads the event.
    var brokenStream = Duration.milliseconds(250)
    /// How long what a client still sends is read after the last answer: closing at once would reset the connection
    /// before that answer is read (RFC 9112, section 9.6).
    var lingering = Duration.seconds(1)
}
