#if Transport
import NIOCore

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// When TCP asks whether the other end of a quiet connection is still there: without it Linux would wait for two hours.
///
/// The kernel counts in whole seconds. A peer is gone when ``count`` probes had no answer.
struct KeepAliveProbes {
    static let count = 3

    /// How long nothing has come in before the first probe.
    let idle: CInt
    /// How long an answer is waited for.
    let interval: CInt

    init(interval: Duration, timeout: Duration) {
        idle = Self.seconds(interval)
        self.interval = Self.seconds(timeout)
    }

    /// The options of the socket.
    var options: [(name: NIOBSDSocket.Option, value: Int)] {
        [
            (NIOBSDSocket.Option(rawValue: Self.idleName), Int(idle)),
            (NIOBSDSocket.Option(rawValue: TCP_KEEPINTVL), Int(interval)),
            (NIOBSDSocket.Option(rawValue: TCP_KEEPCNT), Self.count),
        ]
    }

    #if canImport(Darwin)
    static let idleName = TCP_KEEPALIVE
    #else
    static let idleName = TCP_KEEPIDLE
    #endif

    /// Rounded up, within what Linux takes.
    private static func seconds(_ duration: Duration) -> CInt {
        CInt(min(max((duration / .seconds(1)).rounded(.up), 1), 32_767))
    }
}
#endif
