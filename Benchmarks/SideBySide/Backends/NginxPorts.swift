#if AsyncHTTPClient && Transport
/// Where nginx listens for what, and the configuration that says so.
struct NginxPorts: Sendable {
    let plain: [Int]
    private let tls: Int
    private let mtls: Int
    private let h2: Int

    init() throws {
        let ports = try LoopbackPort.unused(6)
        plain = Array(ports[0..<3])
        (tls, mtls, h2) = (ports[3], ports[4], ports[5])
    }

    func numbers(for kind: BackendKind) -> [Int] {
        switch kind {
        case .plain: [plain[0]]
        case .threePlain: plain
        case .tls: [tls]
        case .mtls: [mtls]
        case .h2: [h2]
        }
    }

    func configuration(_ credentials: Credentials) -> String {
        let certificate = """
            ssl_certificate \(credentials.serverCertificate);
            ssl_certificate_key \(credentials.serverKey);
            """
        let clientAuthority = "ssl_client_certificate \(credentials.authority); ssl_verify_client on;"
        let servers = [
            server(plain.map { "listen 127.0.0.1:\($0) backlog=4096;" }.joined(separator: " ")),
            server("listen 127.0.0.1:\(tls) ssl backlog=4096; \(certificate)"),
            server("listen 127.0.0.1:\(mtls) ssl backlog=4096; \(certificate) \(clientAuthority)"),
            server("listen 127.0.0.1:\(h2) ssl http2 backlog=4096; \(certificate)"),
        ]
        return """
            daemon off;
            worker_processes 1;
            pid nginx.pid;
            error_log error.log;
            events { worker_connections 16384; }
            http {
                access_log off;
                client_body_temp_path body;
                proxy_temp_path proxy;
                fastcgi_temp_path fastcgi;
                uwsgi_temp_path uwsgi;
                scgi_temp_path scgi;
                keepalive_requests 1000000000;
                keepalive_timeout 1h;
                http2_max_concurrent_streams 1024;
                ssl_protocols TLSv1.2 TLSv1.3;
                default_type text/plain;
            \(servers.joined(separator: "\n"))
            }

            """
    }

    private func server(_ directives: String) -> String {
        """
        server {
            \(directives)
            location / { return 200 "Hello, world!\\n"; }
            location = /1k { return 200 "\(Body.kibibyte)"; }
        }
        """
    }
}
#endif
