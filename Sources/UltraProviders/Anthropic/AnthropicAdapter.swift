package import UltraAPI

/// The adapter for Anthropic's Messages API.
package struct AnthropicAdapter: Adapter {
    /// The version that every server of this API supports. A request may choose another.
    package static let defaultVersion = "2023-06-01"

    package let provider: String
    package let endpoint: Endpoint
    package let key: Secret?
    /// The API version sent as `anthropic-version`: a date.
    package let version: String

    package init(
        provider: String = "anthropic", endpoint: Endpoint, key: Secret?, version: String = Self.defaultVersion
    ) {
        self.provider = provider
        self.endpoint = endpoint
        self.key = key
        self.version = version
    }

    package func listRequest(page: String?) -> HTTPRequest {
        let after = page.map { "&after_id=\(Self.escaped($0))" } ?? ""
        return HTTPRequest(
            method: .get, url: endpoint.url("/models?limit=1000\(after)"),
            headers: headers(version: version) + [HTTPHeader("Accept", "application/json")])
    }

    /// The headers for key and version. An OAuth token must be sent as a bearer token, an API key in `x-api-key`.
    func headers(version: String) -> [HTTPHeader] {
        var headers: [HTTPHeader] = []
        if let key = key?.exposed() {
            let isToken = key.hasPrefix("sk-ant-oat")
            headers.append(isToken ? HTTPHeader("Authorization", "Bearer \(key)") : HTTPHeader("x-api-key", key))
        }
        headers.append(HTTPHeader("anthropic-version", version))
        return headers
    }

    /// Percent-encodes a value for the URL's query, except unreserved characters (RFC 3986, section 2.3).
    private static func escaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                result += byte < 16 ? "%0" : "%"
                result += String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }
}
