import Foundation
import Testing
import libultra

/// The accessors, on one event of every shape.
struct EventTests {
    private let peer: Peer
    private let event: OpaquePointer

    init() throws {
        peer = try Peer()
        _ = peer.request()
        peer.write(
            frame(
                #" {"id":1,"event":"\u0072esult","text":"a\"\\\/\b\f\n\r\té\u00e9\u20ac\ud83d\ude00\u0000b","lone":"\ud83dx\ude00","#
                    + #""empty":"","integer":-9223372036854775808,"large":9223372036854775808,"number":-0.5e1,"#
                    + #""yes":true,"no":false,"nothing":null,"list":[10,{"k\u0065y":"v"},[]],"twice":1,"twice":2,"#
                    + #""a":{"b":{"c":"deep"}}}"#))
        var taken: OpaquePointer?
        #expect(ultra_next(peer.connection, 0, &taken) == 1)
        event = try #require(taken)
    }

    private func string(_ path: String) -> (Int32, [UInt8]?) {
        var text: UnsafePointer<CChar>?
        var length = 0
        let result = ultra_event_string(event, path, &text, &length)
        return (result, text.map { Array(UnsafeRawBufferPointer(start: $0, count: length)) })
    }

    @Test("has the kind and id of its frame, escapes or not")
    func kind() {
        defer { ultra_event_free(event) }
        #expect(ultra_event_kind(event) == ULTRA_KIND_RESULT)
        #expect(ultra_event_id(event) == 1)
    }

    @Test(
        "strings come unescaped, absent fields as 0, other types as an error",
        arguments: [
            ("text", 1, Array("a\"\\/\u{8}\u{C}\n\r\téé€😀\0b".utf8)),
            ("lone", 1, Array("\u{FFFD}x\u{FFFD}".utf8)),
            ("empty", 1, []),
            ("list.1.key", 1, Array("v".utf8)),
            ("a.b.c", 1, Array("deep".utf8)),
            ("a.b.d", 0, nil), ("a.b.c.d", 0, nil), ("nothing", 0, nil), ("absent", 0, nil), ("list.3", 0, nil),
            ("list.x", 0, nil), ("list.", 0, nil), ("", 0, nil), (".", 0, nil), ("list.99999999999999999999", 0, nil),
            ("yes", ULTRA_ERROR_TYPE.rawValue, nil), ("list", ULTRA_ERROR_TYPE.rawValue, nil),
        ] as [(String, Int32, [UInt8]?)])
    func strings(_ path: String, _ result: Int32, _ text: [UInt8]?) {
        defer { ultra_event_free(event) }
        let (found, value) = string(path)
        #expect(found == result)
        #expect(value == text)
    }

    @Test(
        "integers are exact or an error",
        arguments: [
            ("integer", 1, Int64.min), ("list.0", 1, 10), ("twice", 1, 2), ("large", -ERANGE, nil),
            ("number", ULTRA_ERROR_TYPE.rawValue, nil), ("text", ULTRA_ERROR_TYPE.rawValue, nil), ("nothing", 0, nil),
        ] as [(String, Int32, Int64?)])
    func integers(_ path: String, _ result: Int32, _ expected: Int64?) {
        defer { ultra_event_free(event) }
        var value: Int64 = 77
        #expect(ultra_event_integer(event, path, &value) == result)
        #expect(value == expected ?? 77)
    }

    @Test("other types are read alike")
    func others() {
        defer { ultra_event_free(event) }
        var number = 0.0
        #expect(ultra_event_number(event, "number", &number) == 1 && number == -5)
        #expect(ultra_event_number(event, "yes", &number) == ULTRA_ERROR_TYPE.rawValue)
        var flag: Int32 = 7
        #expect(ultra_event_boolean(event, "no", &flag) == 1 && flag == 0)
        #expect(ultra_event_boolean(event, "yes", &flag) == 1 && flag == 1)
        #expect(ultra_event_boolean(event, "text", &flag) == ULTRA_ERROR_TYPE.rawValue)
        var count = 7
        #expect(ultra_event_count(event, "list", &count) == 1 && count == 3)
        #expect(ultra_event_count(event, "list.2", &count) == 1 && count == 0)
        #expect(ultra_event_count(event, "a", &count) == ULTRA_ERROR_TYPE.rawValue)
        var json: UnsafePointer<CChar>?
        #expect(ultra_event_raw(event, "a.b", &json, &count) == 1)
        #expect(String(decoding: UnsafeRawBufferPointer(start: json, count: count), as: UTF8.self) == #"{"c":"deep"}"#)
        #expect(ultra_event_raw(event, "nothing", &json, &count) == 1 && count == 4)
    }

    @Test("quoting makes a JSON string of any UTF-8 and refuses the rest")
    func quote() {
        ultra_event_free(event)
        var json: UnsafeMutablePointer<CChar>?
        #expect(ultra_json_quote("a\"\\\n\u{1F}é😀", Int(bitPattern: UInt.max), &json) == 0)
        #expect(json.map { String(cString: $0) } == #""a\"\\\u000a\u001fé😀""#)
        free(json)
        #expect(ultra_json_quote([CChar(bitPattern: 0xC3)], 1, &json) == -EILSEQ)
    }

    @Test(
        "every error has a sentence",
        arguments: [
            (ULTRA_ERROR_CLOSED.rawValue, "the daemon closed the connection"), (-ENOENT, "No such file or directory"),
            (-9999, "unknown error"), (3, "unknown error"), (Int32.min, "unknown error"),
        ])
    func strerror(_ code: Int32, _ text: String) {
        ultra_event_free(event)
        #expect(String(cString: ultra_strerror(code)) == text)
    }
}
