import Foundation
import Testing
import UltraAPI

@testable import UltraProviders

extension Recording {
    /// Checks that `encoded` equals the other client's request with the body `body`, has its URL, and has no warnings.
    ///
    /// - Parameter url: nil: the recorded URL.
    func expect(_ encoded: EncodedRequest, _ body: NSDictionary, at url: String? = nil) throws {
        let sent = try JSONSerialization.jsonObject(with: Data(encoded.http.body)) as? NSDictionary
        #expect(sent == body)
        #expect(encoded.http.url == url ?? requestURL)
        #expect(encoded.warnings.isEmpty)
    }
}
