import Foundation
import Testing

/// Builds the shared library as installed, once for all tests, and programs linked with it.
struct LibraryBuild {
    static let shared: Result<LibraryBuild, any Error> = Result {
        let build = try LibraryBuild()
        atexit { if case .success(let build) = LibraryBuild.shared { build.folder.remove() } }
        return build
    }

    private let folder: TemporaryFolder
    var path: String { folder.path }

    static let sources = Command.root + "/Sources/libultra"
    private static let strict = ["-std=c99", "-g", "-Wall", "-Wextra", "-Werror", "-pedantic"]

    private init() throws {
        folder = try TemporaryFolder()
        let build = try Command.run(Command.root + "/etc/build-libultra", [path])
        guard build == Command(output: "", error: "", status: 0) else { throw Failed(command: build) }
        // The header is copied away from the sources, so that programs cannot include internal headers.
        try FileManager.default.createDirectory(atPath: path + "/include", withIntermediateDirectories: true)
        try FileManager.default.moveItem(atPath: path + "/ultra.h", toPath: path + "/include/ultra.h")
    }

    /// Compiles a C program against the installed header and library, and returns its path.
    func compile(_ source: String) throws -> String {
        let program = path + "/" + UUID().uuidString
        return try compile(
            Self.strict + ["-I\(path)/include", "-o", program, Command.root + "/" + source, "-L\(path)", "-lultra"],
            program)
    }

    /// Compiles a C program together with the library's sources; the program defines the `wrapped` functions.
    func compile(_ source: String, wrapping wrapped: [String]) throws -> String {
        let program = path + "/" + UUID().uuidString
        let library = try FileManager.default.contentsOfDirectory(atPath: Self.sources).filter { $0.hasSuffix(".c") }
        return try compile(
            Self.strict + wrapped.map { "-Wl,--wrap=\($0)" } + ["-I\(Self.sources)/include", "-o", program]
                + [Command.root + "/" + source] + library.map { "\(Self.sources)/\($0)" },
            program)
    }

    /// The Swift example, compiled once with its module map; needs `swiftc`.
    func swiftExample() throws -> String { try Self.swiftExample.get() }

    private static let swiftExample = Result {
        let library = try shared.get()
        let program = library.path + "/generate-swift"
        let examples = Command.root + "/etc/examples"
        let build = try Command.run(
            swiftc ?? "",
            [
                "-swift-version", "6", "-warnings-as-errors", "-I", examples + "/CUltra", "-Xcc",
                "-I\(library.path)/include", "-L", library.path, "-o", program, examples + "/generate.swift",
            ], environment: ["HOME": library.path], limit: 120)
        guard build.status == 0 else { throw Failed(command: build) }
        return program
    }

    /// The compiler of these tests, else any in the path.
    static let swiftc: String? = {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let found = (folders + ["/opt/swift/usr/bin"]).map { $0 + "/swiftc" }.first { access($0, X_OK) == 0 }
        if found == nil { print("swiftc is missing: the Swift example is not built") }
        return found
    }()

    private func compile(_ arguments: [String], _ program: String) throws -> String {
        let build = try Command.run("/usr/bin/cc", arguments)
        guard build.status == 0 else { throw Failed(command: build) }
        return program
    }

    /// Runs a program with the library, under valgrind if it is installed: any error or leak is exit status 99.
    func run(_ program: String, _ arguments: [String] = [], socket: String = "", checked: Bool = true) throws -> Command
    {
        let environment = ["LD_LIBRARY_PATH": path, "ULTRAD_SOCKET": socket]
        guard checked, Self.hasValgrind else { return try Command.run(program, arguments, environment: environment) }
        let options = [
            "-q", "--leak-check=full", "--show-leak-kinds=all", "--errors-for-leak-kinds=all",
            "--track-fds=no", "--error-exitcode=99",
        ]
        return try Command.run(
            "/usr/bin/valgrind", options + [program] + arguments, environment: environment)
    }

    static let hasValgrind: Bool = {
        let has = access("/usr/bin/valgrind", X_OK) == 0
        if !has { print("valgrind is missing: the C library runs unchecked for leaks and bad accesses") }
        return has
    }()

    struct Failed: Error {
        let command: Command
    }
}
