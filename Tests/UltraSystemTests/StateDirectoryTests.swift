import Foundation
import ScriptedProvider
import Testing
import UltraSystem

@Suite("State directory: one owner")
struct StateDirectoryTests {
    private static func claim(_ path: String) -> Result<StateDirectory, StateDirectory.Failure> {
        do throws(StateDirectory.Failure) {
            return .success(try StateDirectory(claiming: path))
        } catch {
            return .failure(error)
        }
    }

    private static func failure(_ path: String) -> StateDirectory.Failure? {
        if case .failure(let failure) = claim(path) { failure } else { nil }
    }

    @Test("it is made with its parents, claimed once, and free again when its owner has gone")
    func claim() throws {
        let folder = try TemporaryFolder("ultra-state")
        let path = "\(folder.path)/a/b"
        do {
            let first = try StateDirectory(claiming: path)
            #expect(Self.failure(path) == .held(by: getpid()))
            #expect(first.renew() == .inPlace)
        }
        #expect(Self.failure(path) == nil)
    }

    @Test("a removed directory is made again; a replaced one is lost until the other one is gone")
    func renew() throws {
        let folder = try TemporaryFolder("ultra-state")
        let path = "\(folder.path)/s"
        let owner = try StateDirectory(claiming: path)
        try FileManager.default.removeItem(atPath: path)
        #expect(owner.renew() == .renewed && owner.renew() == .inPlace)
        #expect(Self.failure(path) == .held(by: getpid()))
        unlink("\(path)/\(StateDirectory.lockName)")
        do {
            let other = try StateDirectory(claiming: path)
            #expect(owner.renew() == .lost(.held(by: getpid())))
            _ = other.path
        }
        #expect(owner.renew() == .renewed)
    }

    @Test("a file in its place cannot be claimed")
    func notAFolder() throws {
        let folder = try TemporaryFolder("ultra-state")
        try folder.write("s", "")
        guard case .system(let error) = Self.failure("\(folder.path)/s") else {
            Issue.record("it was claimed")
            return
        }
        #expect(error.code == ENOTDIR)
    }
}
