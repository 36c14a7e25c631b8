import Foundation
import ScriptedProvider
import Testing
import UltraAPI
import UltraSystem

@testable import UltraDaemon

@Suite("Roles")
struct RoleTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let peer: Caller
        var group: UInt32? = 4242
        let isAdmin: Bool
        var testDescription: String { name }
    }

    @Test(
        "administrators are root, the daemon's own user and the members of the group",
        arguments: [
            Case(name: "root", peer: Caller(uid: 0, gid: 0), group: nil, isAdmin: true),
            Case(name: "own user", peer: Caller(uid: 77, gid: 5), group: nil, isAdmin: true),
            Case(name: "member", peer: Caller(uid: 1000, gid: 1000, groups: [27, 4242]), isAdmin: true),
            Case(name: "member by primary group", peer: Caller(uid: 1000, gid: 4242), isAdmin: true),
            Case(name: "member of others", peer: Caller(uid: 1000, gid: 1000, groups: [27, 4243]), isAdmin: false),
            Case(name: "no group", peer: Caller(uid: 1000, gid: 1000), isAdmin: false),
            Case(
                name: "there is no such group", peer: Caller(uid: 1000, gid: 0, groups: [0]), group: nil, isAdmin: false
            ),
            Case(name: "a group of root's number", peer: Caller(uid: 1000, gid: 0, groups: [0]), isAdmin: false),
        ])
    func administrators(row: Case) {
        let administrators = Administrators(group: "ultra-admin", groupID: row.group, ownUID: 77)
        #expect(administrators.contains(row.peer) == row.isAdmin)
    }

    @Test("a refusal says what is missing and how to get it")
    func refusal() {
        let peer = Caller(uid: 1000, gid: 1000)
        let member = Administrators(group: "ultra-admin", groupID: 7, ownUID: 77).refusal(of: "reload", to: peer)
        #expect(member.message.hasPrefix("reload is for ") && member.message.contains("group ultra-admin"))
        #expect(member.hint?.contains(#"usermod -aG ultra-admin "$(id -un 1000)""#) == true)
        let noGroup = Administrators(group: "ultra-admin", groupID: nil, ownUID: 77).refusal(of: "reload", to: peer)
        #expect(noGroup.hint?.contains("groupadd --system ultra-admin") == true)
        let off = Administrators(group: nil, groupID: nil, ownUID: 77).refusal(of: "reload", to: peer)
        #expect(off.hint?.contains("daemon.admin_group") == true)
        for error in [member, noGroup, off] { #expect(error.code == .permissionDenied && error.provider == "ultrad") }
    }

    @Test("a group is known by its name or its number", arguments: [("root", 0), ("daemon", 1), ("4242", 4242)])
    func number(name: String, number: UInt32) {
        #expect(GroupID.named(name) == number)
    }

    @Test("an unknown group has no number", arguments: ["no-such-group-here", "-1", "4294967295", "99999999999", ""])
    func noNumber(name: String) {
        #expect(GroupID.named(name) == nil)
    }

    @Test("the table says who may")
    func table() async {
        let audiences = await LoopThread.run { UltraDaemon.Operations.table.map { ($0.name, $0.audience) } }
        func names(_ audience: UltraDaemon.Operations.Audience) -> Set<OperationName> {
            Set(audiences.filter { $0.1 == audience }.map(\.0))
        }
        #expect(names(.admins).contains(.reload))
        #expect(names(.adminsIfDeep) == [.probe])
        #expect(names(.anyone).isSuperset(of: [.hello, .ping, .generate, .stream, .models, .status, .cancel]))
    }

    @Test("the kernel's credentials of the client decide", .enabled(if: LocalUser.canBeOthers, "needs root"))
    func daemon() throws {
        let folder = try TemporaryFolder("ultra-roles")
        try folder.write("ultrad.toml", "[daemon]\nadmin_group = \"4242\"\n")
        let provider = try ScriptedProvider.openAI()
        let environment = Scenario.environment(["openai": provider])
        let daemon = try DaemonProcess(environment, arguments: ["--config", "\(folder.path)/ultrad.toml"])
        // The kernel sorts the groups: the one that counts comes last.
        let many = Array(UInt32(3000)..<3100)
        let members = [
            LocalUser(uid: 0, gid: 0), LocalUser(uid: 1234, gid: 1234, groups: [27, 4242]),
            LocalUser(uid: 1234, gid: 4242), LocalUser(uid: 1234, gid: 1234, groups: many + [4242]),
        ]
        for user in members {
            let client = try user.client(of: daemon)
            #expect(try client.ask(#"{"id":1,"op":"reload"}"#).event == "result", "\(user)")
            let probe = try client.ask(#"{"id":2,"op":"probe","model":"openai/gpt-4o","deep":true}"#, id: 2)
            #expect(probe.event == "result", "\(user)")
        }
        for user in [LocalUser(uid: 1234, gid: 1234, groups: many), LocalUser(uid: 1234, gid: 1234)] {
            let client = try user.client(of: daemon)
            for request in [#"{"id":1,"op":"reload"}"#, #"{"id":1,"op":"probe","model":"openai/gpt-4o","deep":true}"#] {
                let refused = try client.ask(request)
                #expect(refused.code == "permission_denied", "\(user)")
                #expect((refused.error["message"] as? String)?.contains("group 4242") == true)
                #expect((refused.error["hint"] as? String)?.contains("usermod -aG 4242") == true)
            }
            // Everyone may use all other operations, free probes included.
            #expect(try client.ask(#"{"id":1,"op":"probe","model":"openai/gpt-4o"}"#).event == "result")
            #expect(try client.ask(#"{"id":1,"op":"generate",\#(Scenario.fields(Scenario.gpt))}"#).event == "result")
        }
    }

    @Test(
        "another group counts from the next reload on, and one the machine lacks is a warning",
        .enabled(if: LocalUser.canBeOthers, "needs root"))
    func otherGroup() throws {
        let folder = try TemporaryFolder("ultra-roles")
        func write(_ group: String) throws {
            try folder.write("ultrad.toml", "[daemon]\nadmin_group = \"\(group)\"\n")
        }
        try write("daemon")
        let daemon = try DaemonProcess(arguments: ["--config", "\(folder.path)/ultrad.toml"])
        let member = try LocalUser(uid: 1234, gid: 1234, groups: [1]).client(of: daemon)
        let root = try daemon.client()
        #expect(try member.ask(#"{"id":1,"op":"reload"}"#).event == "result")
        try write("no-such-group-here")
        let reloaded = try root.ask(#"{"id":1,"op":"reload"}"#)
        #expect(reloaded["changed"] as? [String] == ["daemon.admin_group"])
        #expect((reloaded["warnings"] as? [String])?.first?.contains("no-such-group-here") == true)
        let status = try root.ask(#"{"id":1,"op":"status"}"#)["config"] as? [String: Any]
        #expect(status?["warnings"] as? [String] == reloaded["warnings"] as? [String])
        let refused = try member.ask(#"{"id":1,"op":"reload"}"#)
        #expect((refused.error["message"] as? String)?.contains("which this machine does not have") == true)
    }
}
