import Foundation
import Testing

// These tests need a C compiler.
@Suite(.timeLimit(.minutes(5)), .enabled(if: access("/usr/bin/cc", X_OK) == 0, "needs cc"))
struct LibraryTests {
    private let library: LibraryBuild

    init() throws {
        library = try LibraryBuild.shared.get()
    }

    @Test("exports what the header declares and the version script lists, and nothing else")
    func symbols() throws {
        let header = try String(contentsOfFile: LibraryBuild.sources + "/include/ultra.h", encoding: .utf8)
        // A declaration begins at the start of a line, unlike the name of a function in a comment.
        let declared = Set(
            header.matches(of: /(?m)^[a-z][a-z0-9_ ]*[ *](ultra_\w+)\(/).map { String($0.output.1) })
        let table = try Command.run("/usr/bin/nm", ["-D", "--defined-only", library.path + "/libultra.so"])
        // Symbols with their version; the name of the version itself is an absolute symbol.
        let exported = Set(table.output.split(separator: "\n").map { String($0.split(separator: " ")[2]) })
        let script = try String(contentsOfFile: LibraryBuild.sources + "/libultra.map", encoding: .utf8)
        let listed = script.matches(of: /(?m)^    (ultra_\w+);$/).map { String($0.output.1) }
        #expect(declared.count >= 30)
        #expect(exported == Set(declared.map { "\($0)@@LIBULTRA_0" } + ["LIBULTRA_0"]))
        #expect(Set(listed) == declared)
        #expect(listed == listed.sorted())
        #expect(declared.allSatisfy { $0.hasPrefix("ultra_") })
    }

    @Test("is small and needs only libc")
    func size() throws {
        let stripped = library.path + "/stripped"
        #expect(try Command.run("/usr/bin/strip", ["-o", stripped, library.path + "/libultra.so"]).status == 0)
        let bytes = try FileManager.default.attributesOfItem(atPath: stripped)[.size] as? Int
        #expect(try #require(bytes) <= 40 * 1024)
        let dynamic = try Command.run("/usr/bin/readelf", ["-d", stripped]).output
        #expect(dynamic.matches(of: /\(NEEDED\).*\[(.*)\]/).map { String($0.output.1) } == ["libc.so.6"])
        #expect(dynamic.contains("Library soname: [libultra.so.0]"))
    }

    @Test("has no global state, and calls no function that prints, signals, starts a thread or exits")
    func effects() throws {
        let sections = try Command.run("/usr/bin/readelf", ["-SW", library.path + "/libultra.so"]).output
        for section in ["data", "bss"] {
            let row = sections.firstMatch(of: try Regex("\\.\(section) +[A-Z]+ +[0-9a-f]+ +[0-9a-f]+ +([0-9a-f]+)"))
            let size = row?.output[1].substring.flatMap { Int($0, radix: 16) } ?? 0
            // The compiler adds __dso_handle and a flag for unloading to every shared library.
            #expect(size <= 8, "\(section)")
        }
        let table = try Command.run("/usr/bin/nm", ["-D", "--undefined-only", library.path + "/libultra.so"])
        let called = Set(table.output.matches(of: /(?m) U (\w+)/).map { String($0.output.1) })
        let refused = [
            "printf", "fprintf", "vfprintf", "dprintf", "puts", "fputs", "putchar", "fwrite", "perror", "syslog",
            "stdout", "stderr", "__printf_chk", "__fprintf_chk", "abort", "exit", "_exit", "__assert_fail", "signal",
            "sigaction", "raise", "kill", "pthread_create", "fork", "system", "setlocale", "atexit",
        ]
        #expect(called.contains("send") && called.contains("recv"))
        #expect(called.intersection(refused).isEmpty)
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
            wrapping: [
                "malloc", "calloc", "realloc", "strdup", "recv", "send", "epoll_wait", "epoll_create1", "epoll_ctl",
                "pipe2", "socket",
            ])
        let command = try library.run(program)
        #expect(command.error == "")
        #expect(command.status == 0)
        #expect(try #require(Int(command.output.trimmingCharacters(in: .newlines))) >= 20)
    }

    @Test("functions in a forked child return ECHILD and do no harm")
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
        // Under valgrind, handlers exist from the start, so the test could not wait for one.
        let command = try library.run(program, ["x"], socket: daemon.path, checked: false)
        #expect(command == Command(output: "begun", error: "generate: Cancelled.\ngenerate: Why?\n", status: 1))
        #expect(daemon.requests().last == #"{"id":2,"op":"cancel","target":1}"#)
    }

    @Test("the event loop example separates interleaved answers")
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

    @Test("the example watch reconnects to the next daemon")
    func watching() throws {
        func change(_ model: String, _ state: String) -> ScriptedDaemon.Step {
            .send(
                #"{"id":ID,"event":"event","seq":2,"topic":"health","data":{"provider":"a","model":\#(model),"#
                    + #""from":"unknown","to":"\#(state)","reason":"probe"}}"#)
        }
        let snapshot = ScriptedDaemon.Step.send(#"{"id":ID,"event":"snapshot","seq":1,"data":{"models":[{},{}]}}"#)
        let first = try ScriptedDaemon([.receive, snapshot, change(#""a/1""#, "available"), .close])
        let goaway = ScriptedDaemon.Step.send(#"{"id":0,"event":"goaway","reason":"shutdown"}"#)
        let stopping = ScriptedDaemon.Step.send(
            #"{"id":ID,"event":"error","error":{"code":"shutting_down","message":"No.","retryable":true}}"#)
        let second = ScriptedDaemon([.receive, change("null", "unavailable"), goaway, stopping, .close], after: first)
        let third = ScriptedDaemon([.receive, snapshot, change(#""a/2""#, "available")], after: second)
        let program = try library.compile("etc/examples/watch.c")
        let command = try library.run(program, ["3"], socket: first.path)
        #expect(
            command.output
                == "2 models\na/1 is available: probe\na is unavailable: probe\n2 models\na/2 is available: probe\n")
        #expect(command.error == "watch: the daemon closed the connection\n")
        #expect(command.status == 0)
        #expect(second.requests() == [#"{"id":2,"op":"subscribe","topics":["health"]}"#])
        #expect(third.requests() == [#"{"id":3,"op":"subscribe","topics":["health"]}"#])
    }

    @Test("the Swift example streams an answer", .enabled(if: LibraryBuild.swiftc != nil, "needs swiftc"))
    func swift() throws {
        let daemon = try ScriptedDaemon(Self.answer)
        let program = try library.swiftExample()
        let command = try library.run(program, ["say \"x\"", "a/b"], socket: daemon.path, checked: false)
        #expect(command == Command(output: "Grüß dich\n", error: "", status: 0))
        #expect(daemon.requests() == [#"{"id":1,"op":"stream","prompt":"say \"x\"","model":"a/b"}"#])
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
