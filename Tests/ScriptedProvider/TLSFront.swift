import Glibc

/// A provider behind TLS: nginx with certificates made for this object, with HTTP/2 and one port for each certificate.
///
/// Every reply has a field `x-front` with the protocol and the number of the TLS connection, and so has every request
/// that the provider sees. nginx ends with this object, and also with the process that made it.
package final class TLSFront {
    package enum Certificate: String, CaseIterable, Sendable {
        /// For `localhost` and 127.0.0.1, signed by `caFile`.
        case good
        /// Like `good`; the server speaks HTTP/1.1 only.
        case http1
        /// For the right names, signed by an unknown authority.
        case unknownCA
        /// Signed by `caFile`; expired yesterday.
        case expired
        /// Signed by `caFile`, for `elsewhere.invalid`.
        case wrongHost
        /// Plain HTTP, although the URL begins with `https`.
        case none
    }

    /// True if nginx and openssl are installed; tests that need them are skipped otherwise.
    package static let isAvailable = ["nginx", "openssl"].allSatisfy { name in
        searchPath.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
    }

    private static let searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// A file with the authority that a client must trust, in PEM.
    package let caFile: String
    private let ports: [Certificate: UInt16]
    private let host: String
    private let folder: TemporaryFolder
    private let process: Subprocess

    /// Starts nginx and returns when it accepts connections.
    ///
    /// - Parameters:
    ///   - provider: The server behind nginx. It sees HTTP/1.1 and one connection for each request.
    ///   - address: An address of the calling thread's network at which nginx listens beside `localhost`.
    package init(to provider: ScriptedProvider, at address: String? = nil) throws(SystemError) {
        host = address ?? "localhost"
        folder = try TemporaryFolder("ultra-tls")
        caFile = "\(folder.path)/ca.pem"
        try Self.makeCertificates(in: folder, for: address ?? "127.0.0.1")
        var ports: [Certificate: UInt16] = [:]
        for certificate in Certificate.allCases { ports[certificate] = try Self.freePort() }
        self.ports = ports
        try folder.write(
            "nginx.conf", Self.configuration(folder.path, address == nil ? "127.0.0.1" : "*", ports, provider.port))
        // The shell ends nginx when its standard input closes, which the death of this process also causes.
        process = try Subprocess(
            "/bin/sh",
            [
                "-c",
                #"nginx -p "$1" -c "$1/nginx.conf" -e "$1/error.log" </dev/null & cat >/dev/null; kill $!; wait $!"#,
                "sh", folder.path,
            ], environment: ["PATH": Self.searchPath])
        for port in ports.values { try waitForListener(port) }
    }

    deinit {
        process.closeInput()
        _ = process.wait()
    }

    /// `https://HOST:PORT` of the server with this certificate; HOST is `localhost` or the address given at the start.
    package func url(_ certificate: Certificate) -> String { "https://\(host):\(ports[certificate] ?? 0)" }

    /// One line for each answered request: protocol, number of the TLS connection, path.
    package var log: [String] {
        guard let file = fopen("\(folder.path)/access.log", "r") else { return [] }
        defer { fclose(file) }
        var lines: [String] = []
        var line = [CChar](repeating: 0, count: 4096)
        while fgets(&line, CInt(line.count), file) != nil {
            lines.append(
                String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        return lines
    }

    // MARK: - Parts

    private static func configuration(
        _ folder: String, _ address: String, _ ports: [Certificate: UInt16], _ providerPort: UInt16
    ) -> String {
        let servers = ports.map { certificate, port in
            """
            server {
                listen \(address):\(port)\(listenOptions(certificate));
                ssl_certificate \(folder)/\(certificate == .none ? "good" : certificate.rawValue).pem;
                ssl_certificate_key \(folder)/key.pem;
                location / {
                    add_header x-front "$server_protocol $connection" always;
                    proxy_set_header x-front "$server_protocol $connection";
                    client_max_body_size 0;
                    proxy_buffering off;
                    proxy_request_buffering off;
                    proxy_http_version 1.1;
                    proxy_pass http://127.0.0.1:\(providerPort);
                }
            }
            """
        }
        return """
            daemon off;
            master_process off;
            pid \(folder)/nginx.pid;
            events { worker_connections 512; }
            http {
                log_format short "$server_protocol $connection $request_uri";
                access_log \(folder)/access.log short;
                client_body_temp_path \(folder)/body;
                proxy_temp_path \(folder)/proxy;
                fastcgi_temp_path \(folder)/fastcgi;
                uwsgi_temp_path \(folder)/uwsgi;
                scgi_temp_path \(folder)/scgi;
                \(servers.joined(separator: "\n"))
            }
            """
    }

    private static func listenOptions(_ certificate: Certificate) -> String {
        switch certificate {
        case .none: ""
        case .http1: " ssl"
        case .good, .unknownCA, .expired, .wrongHost: " ssl http2"
        }
    }

    private static func makeCertificates(in folder: TemporaryFolder, for address: String) throws(SystemError) {
        try folder.write("good.ext", "subjectAltName=DNS:localhost,IP:\(address)\n")
        try folder.write("elsewhere.ext", "subjectAltName=DNS:elsewhere.invalid\n")
        let ec = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        let script = """
            set -e
            cd "$1"
            openssl req -x509 \(ec) -days 30 -subj '/CN=Ultra test CA' -keyout ca.key -out ca.pem
            openssl req -x509 \(ec) -days 30 -subj '/CN=Somebody else' -keyout other.key -out other.pem
            openssl req -new \(ec) -subj '/CN=localhost' -keyout key.pem -out request.pem
            sign() { openssl x509 -req -in request.pem -CA $1.pem -CAkey $1.key -CAcreateserial -days $2 -extfile $3.ext -out $4.pem; }
            sign ca 30 good good
            cp good.pem http1.pem
            sign other 30 good unknownCA
            sign ca -1 good expired
            sign ca 30 elsewhere wrongHost
            """
        let process = try Subprocess(
            "/bin/sh", ["-c", "{\n\(script)\n} >\"$1/openssl.log\" 2>&1", "sh", folder.path],
            environment: ["PATH": searchPath])
        let code = process.wait()
        guard code == 0 else { throw SystemError("openssl, exit \(code)", code: EINVAL) }
    }

    private static func freePort() throws(SystemError) -> UInt16 {
        let fd = try Sockets.bind(.loopback(port: 0))
        defer { close(fd) }
        return Sockets.port(of: fd)
    }

    private func waitForListener(_ port: UInt16) throws(SystemError) {
        let deadline = ContinuousClock.now + .seconds(5)
        while ContinuousClock.now < deadline {
            let fd = try Sockets.connect(.loopback(port: port))
            defer { close(fd) }
            var ready = pollfd(fd: fd, events: Int16(POLLOUT), revents: 0)
            if poll(&ready, 1, 1000) == 1, ready.revents & Int16(POLLERR | POLLHUP) == 0 { return }
            // nginx reports its readiness in no other way than by accepting connections.
            usleep(2000)
        }
        throw SystemError("nginx, see its log: it does not listen", code: ETIMEDOUT)
    }
}
