import Foundation
import Testing
import UltraSystem

@testable import UltraDaemon

@Suite("Visibility of other users' requests and of the configuration")
struct VisibilityTests {
    @Test("administrators see everything, other clients their own")
    func rule() {
        let administrators = Administrators(group: "ultra-admin", groupID: 7, ownUID: 77)
        let rows: [(Caller, Visibility)] = [
            (Caller(uid: 0, gid: 0), .everything), (Caller(uid: 77, gid: 1), .everything),
            (Caller(uid: 5, gid: 7), .everything), (Caller(uid: 5, gid: 1, groups: [7]), .everything),
            (Caller(uid: 5, gid: 5, groups: [8]), .own(uid: 5)),
        ]
        for (peer, visibility) in rows { #expect(administrators.visibility(for: peer) == visibility) }
        #expect(Visibility.everything.shows(9) && Visibility.everything.showsSetup)
        #expect(
            Visibility.own(uid: 5).shows(5) && !Visibility.own(uid: 5).shows(0) && !Visibility.own(uid: 5).showsSetup)
    }

    private static let plain = LocalUser(uid: 1234, gid: 1234)

    private static func object(_ frame: Frame, _ name: String) -> [String: Any] {
        frame[name] as? [String: Any] ?? [:]
    }

    @Test(
        "status shows a client its own connections, requests and use of the day, and nothing of the set-up",
        .enabled(if: LocalUser.canBeOthers, "needs root"))
    func status() throws {
        let environment = [
            "USE_MOCK": "true", "OPENAI_API_KEY": "sk-test", "OPENAI_API_ENDPOINT": "http://127.0.0.1:9/v1",
        ]
        let daemon = try DaemonProcess(environment, file: "[limits]\nconnections = 99\n")
        let root = try daemon.client()
        let client = try Self.plain.client(of: daemon)
        for (asker, count) in [(root, 3), (client, 1)] {
            for _ in 0..<count {
                let answer = try asker.ask(#"{"id":1,"op":"generate","model":"mock/echo","prompt":"a"}"#)
                #expect(answer.event == "result")
            }
        }
        let all = try root.ask(#"{"id":1,"op":"status"}"#)
        let own = try client.ask(#"{"id":1,"op":"status"}"#)
        #expect(all["pid"] as? Int == Int(daemon.process.processIdentifier) && own["pid"] is NSNull)
        #expect(Self.object(all, "config")["path"] is String && Self.object(own, "config")["path"] is NSNull)
        #expect(Self.object(all, "ledger")["path"] is String && Self.object(own, "ledger")["path"] is NSNull)
        func endpoint(_ frame: Frame) -> Any? {
            (frame["providers"] as? [[String: Any]])?.first { $0["id"] as? String == "openai" }?["endpoint"]
        }
        #expect(endpoint(all) is String && endpoint(own) is NSNull)
        #expect(Self.object(all, "connections")["by_uid"] as? [String: Int] == ["0": 1, "1234": 1])
        #expect(Self.object(own, "connections")["by_uid"] as? [String: Int] == ["1234": 1])
        #expect(
            Self.object(all, "today")["requests"] as? Int == 4 && Self.object(own, "today")["requests"] as? Int == 1)
        #expect(Self.object(all, "requests")["total"] as? Int == 4)
        #expect(Self.object(own, "requests")["total"] as? Int == 1)
        #expect((own["pool"] as? [Any])?.isEmpty == true)
    }

    @Test("each user's use of the day survives a restart", .enabled(if: LocalUser.canBeOthers, "needs root"))
    func restart() throws {
        let state = FileManager.default.temporaryDirectory.appending(path: "ultra-\(UUID().uuidString.prefix(8))")
        defer { try? FileManager.default.removeItem(at: state) }
        let environment = ["USE_MOCK": "true", "STATE_DIRECTORY": state.path()]
        for (round, expected) in [(1, 1), (2, 2)] {
            let daemon = try DaemonProcess(environment)
            let client = try Self.plain.client(of: daemon)
            let other = try daemon.client()
            for asker in [client, other, other] {
                _ = try asker.ask(#"{"id":1,"op":"generate","model":"mock/echo","prompt":"a"}"#)
            }
            let today = Self.object(try client.ask(#"{"id":1,"op":"status"}"#), "today")
            #expect(today["requests"] as? Int == expected, "\(round)")
            daemon.signal(SIGTERM)
            #expect(daemon.exitCode() == 0)
        }
    }

    @Test(
        "a subscriber gets events of its own user's requests, with consecutive numbers",
        .enabled(if: LocalUser.canBeOthers, "needs root"))
    func subscription() throws {
        let daemon = try DaemonProcess(["USE_MOCK": "true"])
        let watcher = try Self.plain.client(of: daemon)
        watcher.send(#"{"id":1,"op":"subscribe","topics":["requests"]}"#)
        let snapshot = try #require(try watcher.next())
        let providers = Self.object(snapshot, "data")["providers"] as? [[String: Any]] ?? []
        #expect(providers.allSatisfy { $0["endpoint"] is NSNull })
        let (root, client) = (try daemon.client(), try Self.plain.client(of: daemon))
        for asker in [root, client, root, client] {
            _ = try asker.ask(#"{"id":1,"op":"generate","model":"mock/echo","prompt":"a"}"#)
        }
        for sequence in 2...5 {
            let event = try #require(try watcher.next())
            #expect(event["seq"] as? Int == sequence && Self.object(event, "data")["uid"] as? Int == 1234)
        }
    }
}
