internal import UltraSystem

extension TransportSettings {
    /// The usual variables of programs that speak HTTP.
    mutating func adopt(_ environment: Environment, version: String) {
        userAgent = "ultrad/\(version)"
        certificateFile = environment["SSL_CERT_FILE"]
        // The lower-case names are curl's; HTTP_PROXY in capitals can be set by a CGI client, which a daemon has not.
        httpProxy = environment["HTTP_PROXY"] ?? environment["http_proxy"]
        httpsProxy = environment["HTTPS_PROXY"] ?? environment["https_proxy"]
        noProxy = environment["NO_PROXY"] ?? environment["no_proxy"]
    }
}
