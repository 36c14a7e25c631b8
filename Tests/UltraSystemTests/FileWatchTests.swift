import Foundation
import ScriptedProvider
import Testing
import UltraSystem

struct FileWatchTests {
    /// Changes of a watched file or folder.
    enum Change: String, CaseIterable {
        case removed, replaced, moved, folderRemoved, folderMoved

        func make(_ folder: String) throws {
            let files = FileManager.default
            let file = "\(folder)/file"
            switch self {
            case .removed: try files.removeItem(atPath: file)
            case .replaced:
                try Data("new".utf8).write(to: URL(fileURLWithPath: "\(file).new"))
                rename("\(file).new", file)
            case .moved: rename(file, "\(file).old")
            case .folderRemoved: try files.removeItem(atPath: folder)
            case .folderMoved: rename(folder, "\(folder).old")
            }
        }
    }

    @Test(
        "reports a change of a watched file, even while it is open", .timeLimit(.minutes(1)),
        arguments: Change.allCases)
    @Loop
    func tells(_ change: Change) async throws {
        let folder = try TemporaryFolder("ultra-watch")
        let path = "\(folder.path)/watched"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data("old".utf8).write(to: URL(fileURLWithPath: "\(path)/file"))
        let open = try #require(FileHandle(forReadingAtPath: "\(path)/file"))
        defer { try? open.close() }
        let (changes, continuation) = AsyncStream<Void>.makeStream()
        let watch = FileWatch { continuation.yield() }
        try #require(watch.follow([path, "\(path)/file"]))
        try change.make(path)
        for await _ in changes { break }
    }

    @Test("a path that does not exist cannot be watched; the others are")
    @Loop
    func missing() throws {
        let folder = try TemporaryFolder("ultra-watch")
        let watch = FileWatch {}
        #expect(!watch.follow([folder.path, "\(folder.path)/missing"]))
        #expect(watch.follow([folder.path]))
    }
}
