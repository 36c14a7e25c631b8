package import UltraAPI

/// Google's Gemini API (`generateContent`), and Vertex AI where it takes a key.
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

    /// In a header: the query, where the key may also be, ends up in logs.
    var authorization: [HTTPHeader] {
        guard let key else { return [] }
        return [HTTPHeader("x-goog-api-key", key.exposed())]
    }

    /// Vertex AI takes files of Google's storage, too.
    var isVertex: Bool {
        endpoint.host.hasSuffix("aiplatform.googleapis.com") || endpoint.host.hasSuffix(".rep.googleapis.com")
    }

    func call(_ model: String, _ method: String, body: [UInt8], accept: String = "application/json") -> HTTPRequest {
        HTTPRequest(
            url: endpoint.url("/\(Self.resource(model)):\(method)"),
            headers: authorization + [HTTPHeader("Content-Type", "application/json"), HTTPHeader("Accept", accept)],
            body: body)
    }

    /// `models/ID`, or `tunedModels/ID` if it is one; nothing in the id can leave its place in the path.
    static func resource(_ model: String) -> String {
        for collection in ["tunedModels/", "models/"] where model.hasPrefix(collection) {
            return collection + percentEncoded(String(model.dropFirst(collection.count)))
        }
        return "models/" + percentEncoded(model)
    }

    /// Everything but RFC 3986's unreserved characters.
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
