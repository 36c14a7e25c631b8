import Foundation

/// One recorded exchange with a real provider, to be played again.
package struct Recording: Sendable {
    package let status: Int
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]
    /// The request: method, URL, and the JSON body if one was recorded.
    package let method: String
    package let url: String
    package let requestBody: [UInt8]?

    /// The folder of recordings: `$ULTRA_RECORDINGS`, else beside the package; nil if there are none.
    package static let folder: String? = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let path =
            ProcessInfo.processInfo.environment["ULTRA_RECORDINGS"]
            ?? root.appendingPathComponent("../shared/recordings").standardizedFileURL.path
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }()

    /// True if tests can play recordings; tests that need them are skipped otherwise.
    package static var areAvailable: Bool { folder != nil }

    /// Reads `name`, such as `openai/chat_stream-01`.
    package init(_ name: String) throws {
        guard let folder = Self.folder else { throw CocoaError(.fileNoSuchFile) }
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name).json"))
        let file = try JSONDecoder().decode(File.self, from: data)
        status = file.response.status
        headers = file.response.headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        body = Array(file.response.body.utf8)
        method = file.request.method
        url = file.request.url
        let request = (try JSONSerialization.jsonObject(with: data) as? [String: Any])?["request"] as? [String: Any]
        requestBody = try request?["body"].flatMap { body in
            body is NSNull ? nil : Array(try JSONSerialization.data(withJSONObject: body, options: [.sortedKeys]))
        }
    }

    private struct File: Decodable {
        struct Request: Decodable { var method, url: String }
        struct Response: Decodable {
            var status: Int
            var headers: [String: String]
            var body: String
        }
        var request: Request
        var response: Response
    }

    /// The names of all recordings whose name begins with `prefix`, such as `openai/chat_stream`.
    package static func names(_ prefix: String = "") -> [String] {
        guard let folder else { return [] }
        let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return files.filter { $0.hasPrefix(prefix) && $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }

    /// The recorded answer: chunked if it was a stream, else with its length.
    ///
    /// - Parameter chunkBytes: The size of a stream's chunks; the recordings do not have the original sizes.
    package func script(chunkBytes: Int = .max) -> Script {
        let isStream =
            headers.contains { $0.name == "content-type" && $0.value.contains("stream") }
            || headers.contains { $0.name == "content-type" && $0.value.contains("ndjson") }
        let pieces = stride(from: 0, to: body.count, by: min(chunkBytes, max(body.count, 1))).map { start in
            Step.chunk(Array(body[start..<min(body.count, start + min(chunkBytes, body.count))]))
        }
        return Script(status: status, headers: headers, framing: isStream ? .chunked : .length, body: pieces)
    }
}
