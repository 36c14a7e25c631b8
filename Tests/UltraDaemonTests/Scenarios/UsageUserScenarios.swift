import Foundation
import ScriptedProvider
import Testing

@Suite("Scenarios: the ledger and its users")
struct UsageUserScenarios {
    @Test(
        "everybody sees their own use, administrators that of all",
        .enabled(if: CacheUserScenarios.canChangeUser, "needs root and setpriv: not tested here"))
    func visibility() throws {
        let daemon = try DaemonProcess(["USE_MOCK": "true"])
        CacheUserScenarios.open(daemon)
        let fields = #""model":"mock/echo","prompt":"a""#
        for (uid, count) in [UInt32(12_345): 1, 12_346: 2] {
            for _ in 0..<count { _ = try CacheUserScenarios.ask("generate", fields, as: uid, of: daemon) }
        }
        let client = try daemon.client()
        _ = try client.ask(#"{"id":1,"op":"generate",\#(fields)}"#)

        /// Requests by uid, as `asker` is told of them.
        func seen(as asker: UInt32) throws -> [Int: Int] {
            let answer = try CacheUserScenarios.ask("usage", #""group_by":["user"]"#, as: asker, of: daemon)
            return Self.counts(answer["rows"])
        }
        #expect(try seen(as: 12_345) == [12_345: 1])
        #expect(try seen(as: 12_346) == [12_346: 2])
        for other in [12_346, 0] {
            let refused = try CacheUserScenarios.ask(
                "usage", #""group_by":["user"],"filter":{"user":\#(other)}"#, as: 12_345, of: daemon)
            let error = refused["error"] as? [String: Any]
            #expect(error?["code"] as? String == "permission_denied" && error?["field"] as? String == "filter.user")
        }
        let all = try client.ask(#"{"id":2,"op":"usage","group_by":["user"]}"#, id: 2)
        #expect(Self.counts(all["rows"]) == [0: 1, 12_345: 1, 12_346: 2])
        let one = try client.ask(#"{"id":3,"op":"usage","group_by":["user"],"filter":{"user":12346}}"#, id: 3)
        #expect(Self.counts(one["rows"]) == [12_346: 2])
    }

    private static func counts(_ rows: Any?) -> [Int: Int] {
        var counts: [Int: Int] = [:]
        for row in rows as? [[String: Any]] ?? [] {
            counts[row["uid"] as? Int ?? -1] = row["requests"] as? Int
        }
        return counts
    }
}
