// Streams one answer to standard output, with libultra and Swift's standard library.
//
//     swiftc -I CUltra -o generate generate.swift
//     ./generate "Why is the sky blue?" [MODEL]
import CUltra
import Glibc

/// A negative result of the library.
struct UltraError: Error, CustomStringConvertible {
    let code: Int32

    var description: String { String(cString: ultra_strerror(code)) }
}

/// Returns the result, or throws `UltraError` if it is negative.
@discardableResult
func check(_ result: Int32) throws(UltraError) -> Int32 {
    guard result >= 0 else { throw UltraError(code: result) }
    return result
}

/// Returns `text` as a JSON string with quotes.
func quoted(_ text: String) throws(UltraError) -> String {
    var json: UnsafeMutablePointer<CChar>?
    try check(ultra_json_quote(text, Int(bitPattern: UInt.max), &json))
    defer { free(json) }
    return json.map { String(cString: $0) } ?? ""
}

/// A connection to the daemon; `ultra_connection_free()` runs when it goes out of scope.
struct Connection: ~Copyable {
    private let handle: OpaquePointer

    init(timeoutMilliseconds: Int32) throws(UltraError) {
        var connection: OpaquePointer?
        try check(ultra_connect(nil, timeoutMilliseconds, &connection))
        guard let connection else { throw UltraError(code: -EINVAL) }
        handle = connection
    }

    deinit { ultra_connection_free(handle) }

    func send(_ op: String, _ fields: String) throws(UltraError) {
        try check(ultra_send(handle, op, fields, nil))
    }

    /// Waits for an event and passes it to `read`; the event is freed afterwards.
    func next<Value>(_ read: (OpaquePointer) -> Value) throws(UltraError) -> Value {
        var event: OpaquePointer?
        try check(ultra_next(handle, -1, &event))
        guard let event else { throw UltraError(code: -EINVAL) }
        defer { ultra_event_free(event) }
        return read(event)
    }
}

/// Returns the string at `path` of an event; `nil`: absent.
func string(_ event: OpaquePointer, _ path: String) -> String? {
    var text: UnsafePointer<CChar>?
    var length = 0
    guard ultra_event_string(event, path, &text, &length) > 0 else { return nil }
    return String(decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self)
}

func complain(_ message: String) {
    var line = "generate.swift: \(message)\n"
    line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

/// Prints the answer until the terminal event. Returns the exit status.
func run(_ arguments: [String]) throws(UltraError) -> Int32 {
    var fields = "{\"prompt\":\(try quoted(arguments[0]))"
    if arguments.count > 1 { fields += ",\"model\":\(try quoted(arguments[1]))" }
    let connection = try Connection(timeoutMilliseconds: 5000)
    try connection.send("stream", fields + "}")
    while true {
        let status: Int32? = try connection.next { event in
            switch ultra_event_kind(event) {
            case ULTRA_KIND_DELTA:
                print(string(event, "text") ?? "", terminator: "")
                fflush(nil)
                return nil
            case ULTRA_KIND_DONE:
                print()
                return 0
            case ULTRA_KIND_ERROR:
                complain(string(event, "error.message") ?? "no reason given")
                return 1
            default:
                return nil
            }
        }
        if let status { return status }
    }
}

let arguments = Array(CommandLine.arguments.dropFirst())
guard (1...2).contains(arguments.count) else {
    complain("usage: generate PROMPT [MODEL]")
    exit(2)
}
do throws(UltraError) {
    exit(try run(arguments))
} catch {
    complain(error.description)
    exit(1)
}
