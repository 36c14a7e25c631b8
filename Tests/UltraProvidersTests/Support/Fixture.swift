import Foundation
import Testing
import UltraAPI

/// A reply written by hand, `Fixtures/<adapter>/<name>.<stream|document>.http`, with its expected answer in `….json`.
///
/// The file has a status line, header lines, a blank line and the body. The word before `.http` is the requested form.
struct Fixture: CustomTestStringConvertible {
    let name: String
    let isStream: Bool
    let head: HTTPHead
    let body: [UInt8]

    var testDescription: String { name }

    /// All fixtures of an adapter, by name.
    static func all(_ adapter: String) -> [Fixture] {
        let folder = Recording.packageRoot.appendingPathComponent("Tests/UltraProvidersTests/Fixtures/\(adapter)")
        do {
            return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
                .filter { $0.pathExtension == "http" }
                .sorted { $0.path < $1.path }
                .map { try Fixture(adapter, $0) }
        } catch {
            Issue.record("\(adapter): \(error)")
            return []
        }
    }

    private init(_ adapter: String, _ file: URL) throws {
        let stem = file.deletingPathExtension().lastPathComponent
        name = "\(adapter)/\(stem)"
        isStream = stem.hasSuffix(".stream")
        let bytes = [UInt8](try Data(contentsOf: file))
        let end = try #require(bytes.indices.dropLast().first { bytes[$0] == 10 && bytes[$0 + 1] == 10 })
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\n")
        head = HTTPHead(
            status: try #require(Int(lines[0].split(separator: " ")[1])),
            headers: lines.dropFirst().map { line in
                let colon = line.firstIndex(of: ":") ?? line.endIndex
                return HTTPHeader(String(line[..<colon]), String(line[colon...].dropFirst(2)))
            })
        body = Array(bytes[(end + 2)...])
    }
}
