import Foundation
import Testing
import UltraDialects

@testable import UltraAPI
@testable import UltraDaemon

@Suite("Ultra's own operations as native requests")
struct OperationPathTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let path: OperationPath
        let query: String
        /// After `id` and `op`.
        let fields: String
        var testDescription: String { "\(path.rawValue)?\(query)" }

        init(_ path: OperationPath, _ query: String, _ fields: String) {
            (self.path, self.query, self.fields) = (path, query, fields)
        }
    }

    @Test(
        "a query becomes the native fields, with their types",
        arguments: [
            Row(.status, "", ""),
            Row(.status, "a=b&provider=x", ""),
            Row(.status, "timeout_ms=50", #","timeout_ms":50"#),
            Row(
                .models, "provider=openai&tag=smart&capability=tools&available=true",
                #","provider":"openai","tag":"smart","capability":"tools","available":true"#),
            Row(.models, "available=false&&", #","available":false"#),
            Row(.models, "available=1", #","available":"1""#),
            Row(.models, "available", #","available":"""#),
            Row(.models, "provider=a%2Fb%22", #","provider":"a/b\"""#),
            Row(.models, "provider=true", #","provider":"true""#),
            Row(.models, "%70rovider=12", #","provider":"12""#),
            Row(.models, "provider=a=b", #","provider":"a=b""#),
            Row(.usage, "since=24h&group_by=model,day", #","since":"24h","group_by":["model","day"]"#),
            Row(.usage, "group_by=model&until=1h&group_by=day", #","until":"1h","group_by":["model","day"]"#),
            Row(.usage, "since=2026-11-24T08:00:00+01:00", #","since":"2026-11-24T08:00:00+01:00""#),
            Row(
                .usage, "filter.user=alice&filter.model=openai/gpt-4o&filter.op=1",
                #","filter":{"user":"alice","model":"openai/gpt-4o","op":"1"}"#),
            Row(.usage, "filter.uid=1000&filter.group=0", #","filter":{"uid":1000,"group":0}"#),
            Row(.usage, "filter.user=007", #","filter":{"user":"007"}"#),
            Row(.usage, "filter.colour=red", #","filter":{"colour":"red"}"#),
            Row(.models, "filter.colour=red", ""),
            Row(.events, "topics=health,registry", #","topics":["health","registry"]"#),
            Row(.events, "topics=", #","topics":[""]"#),
            Row(.events, "topics=health,", #","topics":["health",""]"#),
            Row(.events, "", ""),
        ])
    func query(row: Row) throws {
        let frame = try row.path.frame(query: row.query)
        let text = String(decoding: frame.bytes, as: UTF8.self)
        #expect(text == #"{"id":1,"op":"\#(row.path.operation.rawValue)"\#(row.fields)}"#)
        #expect(frame.operation == row.path.operation)
    }

    @Test(
        "a query that cannot be what is meant is refused",
        arguments: [
            ("provider=a&provider=b", "provider"), ("timeout_ms=1&timeout_ms=1", "timeout_ms"),
            ("timeout_ms=0", "timeout_ms"), ("timeout_ms=x", "timeout_ms"), ("timeout_ms=05", "timeout_ms"),
            ("timeout_ms=-5", "timeout_ms"), ("provider=%FF", nil), ("%F=1", nil),
        ] as [(String, String?)])
    func refused(query: String, field: String?) {
        #expect {
            _ = try OperationPath.models.frame(query: query)
        } throws: { error in
            let error = error as? UltraError
            return error?.code == .invalidRequest && error?.field == field
        }
    }

    @Test(
        "a body becomes the native fields as they are",
        arguments: [
            ("", #"{"id":1,"op":"probe"}"#), ("{}", #"{"id":1,"op":"probe"}"#), (" { } ", #" { "id":1,"op":"probe"}"#),
            (#"{"provider":"a"}"#, #"{"provider":"a","id":1,"op":"probe"}"#),
            (#"{"a":{"id":2}} "#, #"{"a":{"id":2},"id":1,"op":"probe"}"#),
        ])
    func body(body: String, frame: String) throws {
        #expect(String(decoding: try OperationPath.probe.frame(body: Array(body.utf8)).bytes, as: UTF8.self) == frame)
    }

    @Test(
        "a body that is no object of the operation's fields is refused",
        arguments: [
            "[]", "1", "{", "{}}", #"{"a":1,}"#, #"{"a":1}{}"#, #"{"a":1,"a":2}"#, #"{"id":2}"#, #"{"op":"reload"}"#,
            #"{"\u006fp":"reload"}"#,
        ])
    func refused(body: String) {
        #expect {
            _ = try OperationPath.probe.frame(body: Array(body.utf8))
        } throws: { error in
            (error as? UltraError)?.code == .invalidRequest
        }
    }

    @Test("the header field limits the time unless the request does")
    func timeout() throws {
        #expect(try OperationPath.status.frame(query: nil, 7).timeoutMilliseconds == 7)
        #expect(try OperationPath.status.frame(query: "timeout_ms=9", 7).timeoutMilliseconds == 9)
        #expect(try OperationPath.probe.frame(body: [], 7).timeoutMilliseconds == 7)
        #expect(try OperationPath.probe.frame(body: Array(#"{"timeout_ms":9}"#.utf8), 7).timeoutMilliseconds == 9)
    }
}
