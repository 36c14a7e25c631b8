package import UltraAPI

/// The adapter for Google's Gemini API (`generateContent`), and for Vertex AI with an API key.
package struct GeminiAdapter: Adapter {
    package let provider: String
    package let endpoint: Endpoint
    package let key: Secret?

    package init(provider: String = "gemini", endpoint: Endpoint, key: Secret?) {
        self.provider = provider
        self.endpoint = endpoint
        self.key = key
    }

    package func listRequest(page: String?) -> HTTPRequest {
        let token = page.map { "&pageToken=" + Self.percentEncoded($0) } ?? ""
        return HTTPRequest(
            method: .get, url: endpoint.url("/models?pageSize=1000" + token),
            headers: authorization + [HTTPHeader("Accept", "application/json")])
    }

    /// The header with the key. The API also accepts the key in the URL, but URLs end up in logs.
    var authorization: [HTTPHeader] {
        guard let key else { return [] }
        return [HTTPHeader("x-goog-api-key", key.exposed())]
    }

    /// True for Vertex AI, which also accepts files in Google Cloud Storage.
    var isVertex: Bool {
        endpoint.host.hasSuffix("aiplatform.googleapis.com") || endpoint.host.hasSuffix(".rep.googleapis.com")
    }

    func call(_ model: String, _ method: String, body: [UInt8], accept: String = "application/json") -> HTTPRequest {
        HTTPRequest(
            url: endpoint.url("/\(Self.resource(model)):\(method)"),
            headers: authorization + [HTTPHeader("Content-Type", "application/json"), HTTPHeader("Accept", accept)],
            body: body)
    }

    /// The resource name, `models/ID` or `tunedModels/ID`. The id is percent-encoded, so that it cannot change the
    /// path.
    static func resource(_ model: String) -> String {
        for collection in ["tunedModels/", "models/"] where model.hasPrefix(collection) {
            return collection + percentEncoded(String(model.dropFirst(collection.count)))
        }
        return "models/" + percentEncoded(model)
    }

    /// Percent-encodes everything except unreserved characters (RFC 3986, section 2.3).
    static func percentEncoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                result += byte < 16 ? "%0" : "%"
                result += String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }
}
