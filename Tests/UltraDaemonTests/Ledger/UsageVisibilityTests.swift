import Foundation
import ScriptedProvider
import Testing

/// The requests that `usage` shows to each user; the kernel tells who the client is.
@Suite("usage: visibility by user", .enabled(if: LocalUser.canBeOthers, "needs root"))
struct UsageVisibilityTests {
    /// This user has two requests in the ledger; root and the other users of the tests have one each.
    private static let plain = LocalUser(uid: 1234, gid: 1234)
    private static let other = LocalUser(uid: 1235, gid: 1234)
    private static let member = LocalUser(uid: 1236, gid: 1236, groups: [4242])

    private let daemon: DaemonProcess
    private let clients: [UInt32: Client]

    init() throws {
        daemon = try DaemonProcess(["USE_MOCK": "true"], file: "[daemon]\nadmin_group = \"4242\"\n")
        var clients: [UInt32: Client] = [:]
        for user in [Self.plain, Self.other, Self.member, LocalUser(uid: 0, gid: 0)] {
            let client = try user.client(of: daemon)
            for _ in 0..<(user.uid == 1234 ? 2 : 1) {
                let answer = try client.ask(#"{"id":1,"op":"generate","model":"mock/echo","prompt":"a"}"#)
                #expect(answer.event == "result")
            }
            clients[user.uid] = client
        }
        self.clients = clients
    }

    /// Requests by user as `uid` sees them; `fields` are the members of the query.
    private func seen(by uid: UInt32, _ fields: String = #""group_by":["user"]"#) throws -> [Int: Int] {
        let rows = try UsageOperationTests.rows(try #require(clients[uid]), fields)
        return Dictionary(uniqueKeysWithValues: rows.map { ($0["uid"] as? Int ?? -1, $0["requests"] as? Int ?? -1) })
    }

    @Test("root and members of the group see all requests, other users their own")
    func rows() throws {
        let all = [0: 1, 1234: 2, 1235: 1, 1236: 1]
        #expect(try seen(by: 0) == all && seen(by: 1236) == all)
        #expect(try seen(by: 1234) == [1234: 2] && seen(by: 1235) == [1235: 1])
        // Totals and other keys cover the same rows.
        #expect(try UsageOperationTests.rows(try #require(clients[1235])).first?["requests"] as? Int == 1)
        #expect(try seen(by: 1235, #""group_by":["user","program"],"since":"1d""#) == [1235: 1])
    }

    @Test("a filter by group, program or model selects among the user's own requests")
    func filters() throws {
        let both = #""group_by":["user"],"filter":{"group":1234}"#
        #expect(try seen(by: 1236, both) == [1234: 2, 1235: 1])
        #expect(try seen(by: 1235, both) == [1235: 1])
        #expect(try seen(by: 1235, #""group_by":["user"],"filter":{"group":0}"#) == [:])
        #expect(try seen(by: 1234, #""group_by":["user"],"filter":{"model":"mock/echo"}"#) == [1234: 2])
    }

    @Test("a query for another user is refused, by number or name, with the group that may; one for oneself is not")
    func otherUser() throws {
        func asking(_ user: String) -> String { #""group_by":["user"],"filter":{"user":\#(user)}"# }
        #expect(try seen(by: 1236, asking("1234")) == [1234: 2] && seen(by: 0, asking("1235")) == [1235: 1])
        #expect(try seen(by: 1234, asking("1234")) == [1234: 2])
        let client = try #require(clients[1234])
        for user in ["1235", "0", #""root""#] {
            let refused = try client.ask(#"{"id":1,"op":"usage",\#(asking(user))}"#)
            #expect(refused.code == "permission_denied" && refused.field == "filter.user", "\(refused.object)")
            let message = try #require(refused.error["message"] as? String)
            #expect(message.hasPrefix("the use of other users is for root") && message.contains("group 4242"))
            #expect((refused.error["hint"] as? String)?.contains("usermod -aG 4242") == true)
        }
    }
}
