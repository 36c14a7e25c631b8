import Testing

@testable import UltraAPI

@Suite struct RequestFrameTests {
    private static func refusal(_ json: [UInt8]) -> RequestFrame.Refusal? {
        do throws(RequestFrame.Refusal) {
            _ = try RequestFrame(json)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "a frame that is not one object with a usable id ends the connection",
        arguments: [
            "", "  ", "[]", "7", "null", #""a""#, "{", #"{"id":1,"op":"ping"}}"#, #"{"id":1,"op":"ping"}{}"#,
            #"{"id":1,"op":"ping","a":tru}"#, #"{"op":"ping"}"#, #"{"id":0,"op":"ping"}"#, #"{"id":-1,"op":"ping"}"#,
            #"{"id":9007199254740992,"op":"ping"}"#, #"{"id":99999999999999999999,"op":"ping"}"#,
            #"{"id":1.5,"op":"ping"}"#, #"{"id":"1","op":"ping"}"#, #"{"id":null,"op":"ping"}"#,
            #"{"id":1,"id":1,"op":"ping"}"#, #"{"id":1,"\u0069d":2,"op":"ping"}"#,
            #"{"id":1,"op":"ping","a":{"b":1,"b":1}}"#,
            #"{"id":0,"op":"ping","a":"\uD800"}"#, #"{"op":"ping","a":"\u0000"}"#, "\u{feff}{\"id\":1,\"op\":\"ping\"}",
            #"{"id":1,"op":"ping","a":"# + String(repeating: "[", count: 64) + String(repeating: "]", count: 64) + "}",
        ])
    func invalidFrames(json: String) {
        let refusal = Self.refusal(Array(json.utf8))
        #expect(refusal?.id == 0)
        #expect(refusal?.error.code == .invalidFrame)
    }

    @Test(
        "a usable id is answered under that id",
        arguments: [
            (#"{"id":7}"#, "op"), (#"{"id":7,"op":null}"#, "op"), (#"{"id":7,"op":"dance"}"#, "op"),
            (#"{"id":7,"op":"PING"}"#, "op"), (#"{"id":7,"op":"ping","timeout_ms":0}"#, "timeout_ms"),
            (#"{"id":7,"op":"ping","timeout_ms":"1"}"#, "timeout_ms"),
            (#"{"id":7,"op":"ping","timeout_ms":604800001}"#, "timeout_ms"),
        ])
    func invalidRequests(json: String, field: String) {
        let refusal = Self.refusal(Array(json.utf8))
        #expect(refusal?.id == 7)
        #expect(refusal?.error.code == .invalidRequest)
        #expect(refusal?.error.field == field)
    }

    @Test(
        "a forbidden character costs its request, wherever it stands, and not the connection",
        arguments: [
            (#"{"id":7,"op":"ping","a":"\uD800"}"#, "a"), (#"{"a":"x\udc00y","op":"ping","id":7}"#, "a"),
            (#"{"id":7,"op":"ping","a":"\uD800\uD800\uDC00"}"#, "a"),
            (#"{"id":7,"op":"ping","a":[{"b":"\u0000"}]}"#, "a"),
            (#"{"id":7,"op":"\ud800"}"#, "op"), ("{\"id\":7,\"op\":\"ping\",\"a\":\"x\u{0}\"}", "a"),
            ("{\"id\":7,\"op\":\"ping\",\"a\":\"x\ty\"}", "a"), (#"{"id":7,"op":"ping","\ud800":1}"#, nil),
            (#"{"id":7,"op":"ping","a":"\\\u0000"}"#, "a"),
            (#"{"id":7,"op":"generate","prompt":"a","model":"a\u0000b"}"#, "model"),
            (
                #"{"id":7,"op":"generate","messages":[{"role":"user","content":[{"type":"text","text":"\u0000"}]}]}"#,
                "messages"
            ),
        ] as [(String, String?)])
    func flaws(json: String, field: String?) {
        let refusal = Self.refusal(Array(json.utf8))
        #expect(refusal?.id == 7)
        #expect(refusal?.error.code == .invalidRequest)
        #expect(refusal?.error.field == field)
    }

    @Test(
        "text that only resembles a forbidden character is text",
        arguments: [
            #"{"id":7,"op":"ping","a":"\\u0000 \\ud800"}"#, #"{"id":7,"op":"ping","a":"\uD83D\uDE00"}"#,
            #"{"id":7,"op":"ping","a":"1234567\\\\u0000"}"#,
        ])
    func texts(json: String) throws {
        #expect(try RequestFrame(Array(json.utf8)).id == 7)
    }

    @Test(
        "ids reach from 1 to 2^53-1, whole numbers in any form",
        arguments: [("1", 1), ("9007199254740991", 1 << 53 - 1), ("1e3", 1000)])
    func ids(text: String, id: Int) throws {
        #expect(try RequestFrame(Array("{\"op\":\"ping\",\"id\":\(text)}".utf8)).id == id)
    }

    @Test("the small operations read their fields and leave the others alone")
    func smallOperations() throws {
        func frame(_ json: String) throws -> RequestFrame { try RequestFrame(Array(json.utf8)) }
        #expect(
            try frame(#"{"id":1,"op":"hello","protocol":1,"client":"c/1","x":[]}"#).hello()
                == RequestFrame.Hello(protocolVersion: 1, client: "c/1"))
        #expect(try frame(#"{"id":1,"op":"cancel","target":5}"#).cancelTarget() == 5)
        var filter = ModelFilter()
        filter.provider = "openai"
        filter.tag = "smart"
        filter.capability = "tools"
        filter.available = true
        #expect(
            try frame(
                #"{"id":1,"op":"models","provider":"openai","tag":"smart","capability":"tools","available":true}"#
            )
            .modelFilter() == filter)
    }

    @Test(
        "the small operations name their wrong fields",
        arguments: [
            (#""op":"cancel""#, "target"), (#""op":"cancel","target":0"#, "target"),
            (#""op":"hello","protocol":"1""#, "protocol"), (#""op":"hello","client":1"#, "client"),
            (#""op":"models","available":1"#, "available"), (#""op":"models","tag":[]"#, "tag"),
        ])
    func smallMistakes(fields: String, field: String) throws {
        let frame = try RequestFrame(Array("{\"id\":1,\(fields)}".utf8))
        let error = #expect(throws: UltraError.self) {
            switch frame.operation {
            case .cancel: _ = try frame.cancelTarget()
            case .hello: _ = try frame.hello()
            default: _ = try frame.modelFilter()
            }
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.field == field)
    }
}
