#if Transport
import MeshCore
import NIOCore
import NIOPosix
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What a scripted server does, one step after the other, once the head of a request is in.
enum Step: Sendable {
    /// Waits for the rest of the request.
    case readBody
    /// Reads nothing more until the gate opens.
    case stopReading(Gate)
    /// Waits until the gate opens.
    case wait(Gate)
    /// Writes these bytes.
    case send(String)
    /// Writes this many bytes, as fast as the client takes them.
    case flood(Int)
    /// Closes in an orderly way.
    case close
    /// Closes with a reset.
    case reset

    /// A 200 with a short body.
    static let ok = Step.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
}

/// Opens once, for everybody.
final class Gate: Sendable {
    private let state = Mutex<(isOpen: Bool, waiting: [@Sendable () -> Void])>((false, []))

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for action in waiting { action() }
    }

    func whenOpen(_ action: @escaping @Sendable () -> Void) {
        let isOpen = state.withLock { state in
            if !state.isOpen { state.waiting.append(action) }
            return state.isOpen
        }
        if isOpen { action() }
    }
}

/// A server that answers with scripted bytes, however wrong they are, and remembers what it saw.
final class ScriptedServer: Sendable {
    struct Request: Sendable {
        let connection: Int
        let head: String
        var body: [UInt8] = []
        /// The lines behind the last chunk.
        var trailers: [String] = []

        var line: Substring { head.prefix { $0 != "\r\n" } }

        func value(of name: String) -> String? {
            head.split(separator: "\r\n").lazy.map { $0.split(separator: ": ", maxSplits: 1) }
                .first { $0.first?.lowercased() == name.lowercased() }?.last.map(String.init)
        }
    }

    struct Log: Sendable {
        var requests: [Request] = []
        var accepted = 0
        var open = 0
        var flooded = 0
        var received = 0
    }

    typealias Script = @Sendable (_ connection: Int, _ request: Int) -> [Step]

    fileprivate final class Box: Sendable {
        let value = Mutex(Log())
    }

    private let box: Box
    private let channel: any Channel

    private init(_ channel: any Channel, _ box: Box) {
        self.channel = channel
        self.box = box
    }

    var log: Log { box.value.withLock { $0 } }
    var port: UInt16 { UInt16(channel.localAddress?.port ?? 0) }

    /// The server at one of the many addresses of the loopback interface.
    func endpoint(_ host: UInt32 = 1) -> Endpoint { Endpoint(.ip(.v4(0x7F00_0000 + host), port: port)) }

    func stop() async { try? await channel.close() }

    /// Starts a server on loopback, or on a Unix-domain socket.
    ///
    /// - Parameters:
    ///   - greeting: Bytes that it sends unasked, as soon as a connection is open.
    ///   - script: What to do for each request, given its connection and its number on it, both from 1.
    static func start(
        host: String = "0.0.0.0",
        unix path: String? = nil,
        greeting: String = "",
        _ script: @escaping Script = { _, _ in [.readBody, .ok] }
    ) async throws -> ScriptedServer {
        let box = Box()
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let number = box.value.withLock { log in
                        log.accepted += 1
                        log.open += 1
                        return log.accepted
                    }
                    channel.closeFuture.whenComplete { _ in box.value.withLock { $0.open -= 1 } }
                    let handler = Handler(number, greeting, box, script)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        let channel =
            if let path {
                try await bootstrap.bind(unixDomainSocketPath: path).get()
            } else {
                try await bootstrap.bind(host: host, port: 0).get()
            }
        return ScriptedServer(channel, box)
    }
}

extension ScriptedServer {
    private final class Handler: ChannelDuplexHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private enum Body {
            case complete
            case fixed(Int)
            case chunked
            case trailers
        }

        private let number: Int
        private let greeting: String
        private let box: Box
        private let script: Script
        private var input: [UInt8] = []
        private var requestCount = 0
        private var body = Body.complete
        private var index = 0
        private var steps: ArraySlice<Step> = []
        /// A step goes on by itself.
        private var isBusy = false
        private var isReading = true
        private var hasPendingRead = false

        init(_ number: Int, _ greeting: String, _ box: Box, _ script: @escaping Script) {
            self.number = number
            self.greeting = greeting
            self.box = box
            self.script = script
        }

        func channelActive(context: ChannelHandlerContext) {
            if !greeting.isEmpty { send(greeting, context) }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            box.value.withLock { $0.received += bytes.readableBytes }
            input += bytes.readableBytesView
            advance(context)
        }

        func read(context: ChannelHandlerContext) {
            if isReading { context.read() } else { hasPendingRead = true }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        private func advance(_ context: ChannelHandlerContext) {
            while !isBusy {
                takeBody()
                if let step = steps.first {
                    if case .readBody = step, !isComplete { return }
                    steps = steps.dropFirst()
                    run(step, context)
                } else {
                    guard isComplete, takeHead() else { return }
                }
            }
        }

        private var isComplete: Bool { if case .complete = body { true } else { false } }

        private func takeHead() -> Bool {
            guard let end = input.firstRange(of: Array("\r\n\r\n".utf8)) else { return false }
            let request = Request(connection: number, head: String(decoding: input[..<end.lowerBound], as: UTF8.self))
            input.removeSubrange(..<end.upperBound)
            index = box.value.withLock { log in
                log.requests.append(request)
                return log.requests.count - 1
            }
            if let length = request.value(of: "Content-Length").flatMap({ Int($0) }), length > 0 {
                body = .fixed(length)
            } else if request.value(of: "Transfer-Encoding") == "chunked" {
                body = .chunked
            }
            requestCount += 1
            steps = script(number, requestCount)[...]
            return true
        }

        private func takeBody() {
            while true {
                switch body {
                case .complete:
                    return
                case .fixed(let length):
                    let count = min(length, input.count)
                    record(input.prefix(count))
                    input.removeFirst(count)
                    body = count == length ? .complete : .fixed(length - count)
                    return
                case .chunked:
                    guard let end = input.firstRange(of: Array("\r\n".utf8)) else { return }
                    let size = Int(String(decoding: input[..<end.lowerBound], as: UTF8.self), radix: 16) ?? 0
                    if size == 0 {
                        input.removeSubrange(..<end.upperBound)
                        body = .trailers
                        continue
                    }
                    guard input.count >= end.upperBound + size + 2 else { return }
                    record(input[end.upperBound..<end.upperBound + size])
                    input.removeFirst(end.upperBound + size + 2)
                case .trailers:
                    guard let end = input.firstRange(of: Array("\r\n".utf8)) else { return }
                    let line = String(decoding: input[..<end.lowerBound], as: UTF8.self)
                    input.removeSubrange(..<end.upperBound)
                    if line.isEmpty {
                        body = .complete
                    } else {
                        box.value.withLock { $0.requests[index].trailers.append(line) }
                    }
                }
            }
        }

        private func record(_ bytes: ArraySlice<UInt8>) {
            box.value.withLock { $0.requests[index].body += bytes }
        }

        private func run(_ step: Step, _ context: ChannelHandlerContext) {
            switch step {
            case .readBody:
                break
            case .stopReading(let gate):
                isReading = false
                whenOpen(gate, context) { handler, context in
                    handler.isReading = true
                    if handler.hasPendingRead { context.read() }
                    handler.hasPendingRead = false
                }
            case .wait(let gate):
                isBusy = true
                whenOpen(gate, context) { handler, context in handler.goOn(context) }
            case .send(let text):
                send(text, context)
            case .flood(let count):
                isBusy = true
                flood(count, context)
            case .close:
                context.close(promise: nil)
            case .reset:
                isBusy = true
                guard let provider = context.channel as? any SocketOptionProvider else { return }
                let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
                provider.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in
                    bound.value.close(promise: nil)
                }
            }
        }

        private func goOn(_ context: ChannelHandlerContext) {
            isBusy = false
            advance(context)
        }

        private func whenOpen(
            _ gate: Gate,
            _ context: ChannelHandlerContext,
            _ action: @escaping @Sendable (Handler, ChannelHandlerContext) -> Void
        ) {
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            gate.whenOpen {
                bound.eventLoop.execute { action(bound.value.0, bound.value.1) }
            }
        }

        private func send(_ text: String, _ context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        }

        private func flood(_ count: Int, _ context: ChannelHandlerContext) {
            guard count > 0 else { return goOn(context) }
            let size = min(count, 65_536)
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(repeating: 0x78, count: size))).whenSuccess {
                let (handler, context) = bound.value
                handler.box.value.withLock { $0.flooded += size }
                handler.flood(count - size, context)
            }
        }
    }
}
#endif
