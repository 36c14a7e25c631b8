import Foundation
import Testing
import UltraAPI

/// One recorded HTTP exchange with a live provider.
struct Recording {
    let name: String
    let requestURL: String
    let requestBody: Any?
    let head: HTTPHead
    let body: [UInt8]

    /// The folder of recordings: `ULTRA_RECORDINGS`, else a folder beside the repository.
    static let root: URL = {
        if let path = ProcessInfo.processInfo.environment["ULTRA_RECORDINGS"] { return URL(fileURLWithPath: path) }
        return packageRoot.appendingPathComponent("../shared/recordings").standardizedFileURL
    }()

    static let areAbsent: Bool = {
        let isAbsent = !FileManager.default.fileExists(atPath: root.path)
        if isAbsent { print("skipped: no recordings at \(root.path); set ULTRA_RECORDINGS") }
        return isAbsent
    }()

    static let packageRoot = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// - Parameter name: The name, such as `openai/chat-01`.
    init(_ name: String) throws {
        self.name = name
        let data = try Data(contentsOf: Self.root.appendingPathComponent("\(name).json"))
        let file = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let request = try #require(file["request"] as? [String: Any])
        let response = try #require(file["response"] as? [String: Any])
        let headers = response["headers"] as? [String: String] ?? [:]
        requestURL = request["url"] as? String ?? ""
        requestBody = request["body"].flatMap { $0 is NSNull ? nil : $0 }
        head = HTTPHead(
            status: try #require(response["status"] as? Int),
            headers: headers.sorted { $0.key < $1.key }.map { HTTPHeader($0.key, $0.value) })
        body = Array(try #require(response["body"] as? String).utf8)
    }
}
