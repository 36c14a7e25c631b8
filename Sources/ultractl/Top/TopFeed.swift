import UltraAPI
import libultra

/// A connection that tells what happens, and how things stand when it is asked.
struct TopFeed: ~Copyable {
    enum News {
        case status(StatusReport), snapshot(WatchSnapshot), event(WatchEvent), other
    }

    let connection: Connection
    private var subscription: UInt64
    private var question: UInt64?

    init(_ global: GlobalOptions) throws(Failure) {
        let made = try global.connect()
        subscription = try Self.subscribe(made)
        connection = made
    }

    private static func subscribe(_ connection: borrowing Connection) throws(Failure) -> UInt64 {
        try connection.send("subscribe", Array(#"{"topics":["health","requests"]}"#.utf8))
    }

    /// Asks for the status, unless that was asked and not answered yet.
    mutating func ask() throws(Failure) {
        guard question == nil else { return }
        question = try connection.send("status", Array("{}".utf8))
    }

    /// What has come, if something has.
    ///
    /// - Throws: `.refused`, and what ends the connection.
    mutating func next() throws(Failure) -> News? {
        guard let event = try connection.next() else { return nil }
        switch event.kind {
        case ULTRA_KIND_RESULT where event.id == question:
            question = nil
            return .status(try event.read { (reader) throws(JSONError) in try StatusReport(&reader) })
        case ULTRA_KIND_SNAPSHOT:
            return .snapshot(try event.read { (reader) throws(JSONError) in try WatchSnapshot(&reader) })
        case ULTRA_KIND_EVENT:
            return .event(try event.read { (reader) throws(JSONError) in try WatchEvent(&reader) })
        case ULTRA_KIND_ERROR where event.id == subscription && event.string("error.code") == "fell_behind":
            // It begins anew with all there is.
            subscription = try Self.subscribe(connection)
            return .other
        case ULTRA_KIND_ERROR: throw .refused(Refusal(event))
        default: return .other
        }
    }
}
