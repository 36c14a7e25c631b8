import Foundation
import Testing

// There is no C library without a C compiler.
@Suite(.timeLimit(.minutes(5)), .enabled(if: access("/usr/bin/cc", X_OK) == 0, "needs cc"))
struct LibraryTests {
    private let library: LibraryBuild

    init() throws {
        library = try LibraryBuild.shared.get()
    }

    @Test("exports what the header declares, and nothing else")
    func symbols() throws {
        let header = try String(contentsOfFile: LibraryBuild.sources + "/include/ultra.h", encoding: .utf8)
        // A declaration starts its line; prose about a function does not.
        let declared = Set(
            header.matches(of: /(?m)^[a-z][a-z0-9_ ]*[ *](ultra_\w+)\(/).map { String($0.output.1) })
        let table = try Command.run("/usr/bin/nm", ["-D", "--defined-only", library.path + "/libultra.so"])
        let exported = Set(table.output.matches(of: /(?m) T (\w+)/).map { String($0.output.1) })
        #expect(declared.count >= 25)
        #expect(exported == declared)
    }

    @Test("is small and needs libc alone")
    func size() throws {
        let stripped = library.path + "/stripped"
        #expect(try Command.run("/usr/bin/strip", ["-o", stripped, library.path + "/libultra.so"]).status == 0)
        let bytes = try FileManager.default.attributesOfItem(atPath: stripped)[.size] as? Int
        #expect(try #require(bytes) <= 40 * 1024)
        let dynamic = try Command.run("/usr/bin/readelf", ["-d", stripped]).output
        #expect(dynamic.matches(of: /\(NEEDED\).*\[(.*)\]/).map { String($0.output.1) } == ["libc.so.6"])
        #expect(dynamic.contains("Library soname: [libultra.so.1]"))
    }

    @Test("the header is C99 and C++17", arguments: [["-xc", "-std=c99"], ["-xc++", "-std=c++17"]])
    func header(_ language: [String]) throws {
        let command = try Command.run(
            "/usr/bin/cc",
            language + ["-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-pedantic", library.path + "/include/ultra.h"])
        #expect(command == Command(output: "", error: "", status: 0))
    }

    @Test("survives the failure of any allocation, interruptions and single bytes")
    func faults() throws {
        let program = try library.compile(
            "Tests/UltraCtlTests/Programs/faults.c",
            wrapping: ["malloc", "calloc", "realloc", "strdup", "recv", "send", "epoll_wait"])
        let command = try library.run(program)
        #expect(command.error == "")
        #expect(command.status == 0)
        #expect(try #require(Int(command.output.trimmingCharacters(in: .newlines))) >= 10)
    }

    @Test("a forked child is told so and does no harm")
    func fork() throws {
        let program = try library.compile("Tests/UltraCtlTests/Programs/fork.c")
        #expect(try library.run(program) == Command(output: "", error: "", status: 0))
    }

    private static let answer: [ScriptedDaemon.Step] = [
        .receive, .send(#"{"id":ID,"event":"start","model":"m"}"#),
        .send(#"{"id":ID,"event":"delta","text":"Gr\u00fc\u00df "}"#),
        .send(#"{"id":ID,"event":"delta","text":"dich"}"#), .send(#"{"id":ID,"event":"done"}"#),
    ]

    @Test("the blocking example streams an answer")
    func blocking() throws {
        let daemon = try ScriptedDaemon(Self.answer)
        let program = try library.compile("etc/examples/generate.c")
        let command = try library.run(program, ["say \"x\"", "a/b"], socket: daemon.path)
        #expect(command == Command(output: "Grüß dich\n", error: "", status: 0))
        #expect(daemon.requests() == [#"{"id":1,"op":"stream","prompt":"say \"x\"","model":"a/b"}"#])
    }

    @Test("the blocking example cancels from its signal handler")
    func blockingCancelled() throws {
        let daemon = try ScriptedDaemon([
            .receive, .send(#"{"id":ID,"event":"delta","text":"begun"}"#), .awaitHandler(SIGINT), .signal(SIGINT),
            .receive,
            .send(#"{"id":ID,"event":"error","error":{"code":"cancelled","message":"Cancelled.","hint":"Why?"}}"#),
        ])
        let program = try library.compile("etc/examples/generate.c")
        // Valgrind has handlers of its own from the start, so there would be nothing to wait for.
        let command = try library.run(program, ["x"], socket: daemon.path, checked: false)
        #expect(command == Command(output: "begun", error: "generate: Cancelled.\ngenerate: Why?\n", status: 1))
        #expect(daemon.requests().last == #"{"id":2,"op":"cancel","target":1}"#)
    }

    @Test("the event loop example tells interleaved answers apart")
    func multiplexed() throws {
        let daemon = try ScriptedDaemon([
            .receive, .receive, .receive, .send(#"{"id":3,"event":"result","text":"three"}"#),
            .send(#"{"id":1,"event":"error","error":{"code":"timeout","message":"late"}}"#),
            .send(#"{"id":2,"event":"result","text":"two"}"#),
        ])
        let program = try library.compile("etc/examples/multiplex.c")
        let command = try library.run(program, ["x", "a/1", "a/2", "a/3"], socket: daemon.path)
        #expect(command == Command(output: "a/3: three\na/1 failed: late\na/2: two\n", error: "", status: 0))
    }

    @Test(
        "the Python example streams an answer",
        .enabled(if: access("/usr/bin/python3", X_OK) == 0, "needs python3"))
    func python() throws {
        let daemon = try ScriptedDaemon(Self.answer)
        let command = try library.run(
            "/usr/bin/python3", [Command.root + "/etc/examples/generate.py", "x"], socket: daemon.path, checked: false)
        #expect(command.output == "Grüß dich\n")
        #expect(command.status == 0)
    }
}
