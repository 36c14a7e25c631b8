import Glibc
import ScriptedProvider

/// nginx as a reverse proxy to the upstream: one worker, kept-alive upstream connections, no log.
final class Nginx {
    /// With the default settings, and with `proxy_buffering off` as streams need it.
    let bufferedPort: UInt16
    let streamingPort: UInt16
    let worker: pid_t
    private let process: Subprocess

    /// - Parameter folder: for configuration, pid file and temporary files.
    init(executable: String, folder: String, upstreamPort: UInt16) throws {
        bufferedPort = try Loopback.freePort()
        streamingPort = try Loopback.freePort()
        let text = """
            daemon off;
            \(geteuid() == 0 ? "user root;" : "")
            worker_processes 1;
            worker_rlimit_nofile 16384;
            pid \(folder)/nginx.pid;
            error_log \(folder)/nginx.log error;
            events { worker_connections 8192; }
            http {
                access_log off;
                client_body_temp_path \(folder)/body;
                proxy_temp_path \(folder)/proxy;
                fastcgi_temp_path \(folder)/fastcgi;
                uwsgi_temp_path \(folder)/uwsgi;
                scgi_temp_path \(folder)/scgi;
                tcp_nodelay on;
                keepalive_requests 1000000000;
                upstream provider {
                    server 127.0.0.1:\(upstreamPort);
                    keepalive 256;
                    keepalive_requests 1000000000;
                }
                proxy_http_version 1.1;
                proxy_set_header Connection "";
                server { listen 127.0.0.1:\(bufferedPort) backlog=4096; location / { proxy_pass http://provider; } }
                server {
                    listen 127.0.0.1:\(streamingPort) backlog=4096;
                    location / { proxy_buffering off; proxy_pass http://provider; }
                }
            }
            """
        try writeFile("\(folder)/nginx.conf", text)
        process = try Subprocess(
            executable, ["-p", folder, "-c", "\(folder)/nginx.conf", "-e", "\(folder)/nginx.log"],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], cpu: Machine.proxyCPU)
        let deadline = nowNanoseconds() + 3_000_000_000
        while true {
            if let worker = ProcessUsage.children(process.pid).first,
                let fd = try? Loopback.connect(port: streamingPort)
            {
                close(fd)
                self.worker = worker
                return
            }
            guard nowNanoseconds() < deadline else { break }
            usleep(2000)
        }
        throw BenchError("nginx does not listen: \(readFile("\(folder)/nginx.log"))")
    }

    func end() { process.end() }

    func port(for scenario: Scenario) -> UInt16 {
        scenario.shape == .unary ? bufferedPort : streamingPort
    }
}

func writeFile(_ path: String, _ text: String) throws {
    let fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    try BenchError.check("open \(path)", fd)
    defer { close(fd) }
    let bytes = Array(text.utf8)
    guard write(fd, bytes, bytes.count) == bytes.count else { throw BenchError("cannot write \(path)") }
}
