import UltraAPI

/// The provider's id of an exchange. Its header field differs between providers and gateways.
enum RequestID {
    private static let names = [
        "x-request-id", "request-id", "apim-request-id", "mistral-correlation-id", "x-kong-request-id",
        "x-ds-trace-id", "x-generation-id", "x-debug-trace-id",
    ]

    /// The first id found; nil if there is none. Ids longer than 128 bytes are ignored.
    static func find(in head: HTTPHead) -> String? {
        names.lazy.compactMap { head[$0] }.first { !$0.isEmpty && $0.utf8.count <= 128 }
    }
}
