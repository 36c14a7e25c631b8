import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

extension Recording {
    /// `encoded` says what the other client's request said, as `body` has it, at the same address; nothing of it was
    /// left out.
    ///
    /// - Parameter url: `nil`: as recorded.
    func expect(_ encoded: EncodedRequest, _ body: NSDictionary, at url: String? = nil) throws {
        let sent = try JSONSerialization.jsonObject(with: Data(encoded.http.body)) as? NSDictionary
        #expect(sent == body)
        #expect(encoded.http.url == url ?? requestURL)
        #expect(encoded.warnings.isEmpty)
    }
}
