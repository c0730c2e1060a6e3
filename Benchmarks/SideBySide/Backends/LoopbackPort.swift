#if AsyncHTTPClient && Transport
import Foundation

/// Ports on 127.0.0.1.
enum LoopbackPort {
    /// This many ports that nobody uses now. Where the search begins is random, so that two runs rarely want the same.
    static func unused(_ count: Int) throws -> [Int] {
        let first = Int.random(in: 18_500...19_500)
        var ports: [Int] = []
        for port in first..<first + 1000 where ports.count < count {
            let descriptor = try openSocket()
            defer { close(descriptor) }
            if withAddress(port, { bind(descriptor, $0, $1) }) == 0 { ports.append(port) }
        }
        guard ports.count == count else {
            throw BackendFailed(description: "too many ports from \(first) on are in use")
        }
        return ports
    }

    /// Whether somebody accepts connections on the port before this many seconds have passed.
    static func isAnswering(_ port: Int, within seconds: Double) -> Bool {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            if let descriptor = try? openSocket() {
                defer { close(descriptor) }
                if withAddress(port, { connect(descriptor, $0, $1) }) == 0 { return true }
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
        return false
    }

    private static func openSocket() throws -> Int32 {
        #if os(Linux)
        let type = Int32(SOCK_STREAM.rawValue)
        #else
        let type = SOCK_STREAM
        #endif
        let descriptor = socket(AF_INET, type, 0)
        guard descriptor >= 0 else {
            throw BackendFailed(description: "no socket: \(String(cString: strerror(errno)))")
        }
        return descriptor
    }

    private static func withAddress(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
#endif
