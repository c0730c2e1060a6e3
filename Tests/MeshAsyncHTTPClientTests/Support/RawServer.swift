#if AsyncHTTPClient
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What a raw server does when a request is in.
enum Step: Sendable {
    /// Goes on when this has happened.
    case wait(for: EventLoopFuture<Void>)
    /// Writes these bytes.
    case send(String)
    /// Writes this many bytes, as fast as the client takes them.
    case flood(Int)
    /// Closes in an orderly way.
    case close
    /// Closes with a reset.
    case reset
}

/// A server that answers with scripted bytes, however wrong they are, and remembers what it saw.
final class RawServer: Sendable {
    struct Request: Sendable {
        let connection: Int
        let head: String
        let body: String

        func values(of header: String) -> [String] {
            head.split(separator: "\r\n").compactMap { line in
                guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == header.lowercased() else {
                    return nil
                }
                return String(line[line.index(after: colon)...].drop { $0 == " " })
            }
        }
    }

    struct Log: Sendable {
        var requests: [Request] = []
        var accepted = 0
        var open = 0
        var flooded = 0
    }

    /// When a request is answered.
    enum Trigger: Sendable {
        case wholeRequest
        /// At once, and the rest of the connection is not read any more.
        case head
    }

    typealias Script = @Sendable (_ connection: Int, _ request: Int) -> [Step]

    private let log: Log.Box
    private let channel: any Channel

    private init(channel: any Channel, log: Log.Box) {
        self.channel = channel
        self.log = log
    }

    /// A 200 with a short body.
    static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    /// Starts a server on loopback, or on a Unix-domain socket.
    ///
    /// - Parameters:
    ///   - trigger: When to answer.
    ///   - script: What to do for each request, given its connection and its number on it, both from 1.
    static func start(
        tls: NIOSSLContext? = nil,
        unix path: String? = nil,
        answering trigger: Trigger = .wholeRequest,
        _ script: @escaping Script = { _, _ in [.send(ok)] }
    ) async throws -> RawServer {
        let log = Log.Box()
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let number = log.value.withLock { log in
                        log.accepted += 1
                        log.open += 1
                        return log.accepted
                    }
                    channel.closeFuture.whenComplete { _ in log.value.withLock { $0.open -= 1 } }
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    try pipeline.addHandler(Handler(number: number, log: log, trigger: trigger, script: script))
                }
            }
        let channel =
            if let path {
                try await bootstrap.bind(unixDomainSocketPath: path).get()
            } else {
                try await bootstrap.bind(host: "0.0.0.0", port: 0).get()
            }
        return RawServer(channel: channel, log: log)
    }

    var port: UInt16 { UInt16(channel.localAddress?.port ?? 0) }
    var requests: [Request] { log.value.withLock { $0.requests } }
    var accepted: Int { log.value.withLock { $0.accepted } }
    var open: Int { log.value.withLock { $0.open } }
    var flooded: Int { log.value.withLock { $0.flooded } }

    func stop() async { try? await channel.close() }
}

extension RawServer.Log {
    final class Box: Sendable {
        let value = Mutex(RawServer.Log())
    }
}

extension RawServer {
    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let number: Int
        private let log: Log.Box
        private let trigger: Trigger
        private let script: Script
        private var received = ""
        private var requestCount = 0

        init(number: Int, log: Log.Box, trigger: Trigger, script: @escaping Script) {
            self.number = number
            self.log = log
            self.trigger = trigger
            self.script = script
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if case .head = trigger, requestCount == 1 { return }
            received += String(buffer: unwrapInboundIn(data))
            while let request = nextRequest() {
                log.value.withLock { $0.requests.append(request) }
                requestCount += 1
                run(script(number, requestCount)[...], context)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        private func nextRequest() -> Request? {
            guard let end = received.range(of: "\r\n\r\n") else { return nil }
            let head = String(received[..<end.lowerBound])
            let rest = received[end.upperBound...]
            let request = Request(connection: number, head: head, body: "")
            if case .head = trigger {
                received = ""
                return request
            }
            if let length = request.values(of: "Content-Length").first.flatMap({ Int($0) }) {
                guard rest.utf8.count >= length else { return nil }
                received = String(rest.dropFirst(length))
                return Request(connection: number, head: head, body: String(rest.prefix(length)))
            }
            if request.values(of: "Transfer-Encoding") == ["chunked"] {
                guard let last = rest.range(of: "0\r\n\r\n") else { return nil }
                received = String(rest[last.upperBound...])
                return Request(connection: number, head: head, body: Self.unchunked(rest[..<last.lowerBound]))
            }
            received = String(rest)
            return request
        }

        private static func unchunked(_ text: Substring) -> String {
            text.split(separator: "\r\n", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map { String($0.element) }.joined()
        }

        private func run(_ steps: ArraySlice<Step>, _ context: ChannelHandlerContext) {
            guard let step = steps.first else { return }
            switch step {
            case .wait(let future):
                let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
                future.hop(to: context.eventLoop).whenComplete { _ in
                    bound.value.0.run(steps.dropFirst(), bound.value.1)
                }
            case .send(let text):
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
                run(steps.dropFirst(), context)
            case .flood(let count):
                flood(count, context)
            case .close:
                context.close(promise: nil)
            case .reset:
                // Unread input makes the kernel reset the connection; so does a linger time of zero.
                if let provider = context.channel as? any SocketOptionProvider {
                    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
                    provider.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in
                        bound.value.close(promise: nil)
                    }
                }
            }
        }

        private func flood(_ count: Int, _ context: ChannelHandlerContext) {
            guard count > 0 else { return }
            let size = min(count, 65_536)
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(repeating: 0x78, count: size))).whenSuccess {
                let (handler, context) = bound.value
                handler.log.value.withLock { $0.flooded += size }
                handler.flood(count - size, context)
            }
        }
    }
}

extension String {
    fileprivate func range(of text: String) -> Range<Index>? { self[...].range(of: text) }
}

extension Substring {
    fileprivate func range(of text: String) -> Range<Index>? {
        let wanted = Array(text.utf8)
        var start = utf8.startIndex
        while start != utf8.endIndex {
            if utf8[start...].starts(with: wanted) { return start..<utf8.index(start, offsetBy: wanted.count) }
            start = utf8.index(after: start)
        }
        return nil
    }
}
#endif
