#if Transport
import Foundation
import MeshCore
import MeshHTTP
import NIOCore
import NIOPosix
import ServiceMesh
import Synchronization
import TestSupport
import Testing

@testable import MeshTransport

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

@Suite("Connecting", .serialized, .oneAtATime, .timeLimit(.minutes(10))) struct ConnectingTests {
    @Test("a refused connection fails at once, as the endpoint's fault, and nothing was sent")
    func refused() async throws {
        let server = try await ScriptedServer.start()
        let endpoint = server.endpoint()
        await server.stop()
        try await withTransport { transport async throws in
            let began = ContinuousClock.now
            let error = try await transportError { _ = try await transport.call(to: endpoint) }
            #expect(ContinuousClock.now - began < .seconds(5), "the connect timeout is 30 s")
            #expect(error.kind == .connectionFailed)
            #expect(error.outcome == Outcome(.failure, retry: .neverSent))
            #expect(await transport.connectionCount == 0)
        }
    }

    @Test("every call that waited for a connection that was refused fails")
    func allRefused() async throws {
        let server = try await ScriptedServer.start()
        let endpoint = server.endpoint()
        await server.stop()
        try await withTransport(.single { $0.maximumConnectionsPerEndpoint = 2 }) { transport async throws in
            let kinds = await withTaskGroup(of: TransportError.Kind?.self) { group in
                for _ in 0..<50 {
                    group.addTask { try? await transportError { _ = try await transport.call(to: endpoint) }.kind }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(kinds.count == 50)
            #expect(kinds.allSatisfy { $0 == .connectionFailed })
            #expect(await transport.connectionCount == 0)
        }
    }

    /// An endpoint that neither accepts nor refuses: its queue is full, and packets to it are dropped.
    private func withDeafEndpoint(_ body: (Endpoint) async throws -> Void) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1)
            .serverChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = UInt16(listener.localAddress?.port ?? 0)
        let fillers = (0..<8).map { _ in
            ClientBootstrap(group: group).connectTimeout(.seconds(2)).connect(host: "127.0.0.1", port: Int(port))
        }
        // The first ones get in, in whatever order.
        _ = try? await fillers[0].get()
        try await body(Endpoint(.ip(.v4(0x7F00_0001), port: port)))
        try await listener.close()
        for filler in fillers { filler.whenSuccess { $0.close(promise: nil) } }
    }

    @Test("an endpoint that does not accept is given up after the connect timeout")
    func timeout() async throws {
        try await withDeafEndpoint { endpoint in
            try await withTransport(.single { $0.connectTimeout = .milliseconds(200) }) { transport async throws in
                // Some may still get into the queue, and hear nothing.
                var error: TransportError?
                while error == nil {
                    let signal = CancellationSignal()
                    let calling = Task {
                        try await transportError { _ = try await transport.call(to: endpoint, signal: signal) }
                    }
                    let giveUp = Task {
                        try await Task.sleep(for: .seconds(2))
                        signal.cancel(.attemptTimedOut)
                    }
                    error = try? await calling.value
                    giveUp.cancel()
                }
                #expect(error?.kind == .connectionFailed)
                #expect(error?.outcome == Outcome(.failure, retry: .neverSent))
                try await eventually("something is left") { await transport.connectionCount == 0 }
            }
        }
    }

    @Test("a call that is stopped while its connection opens ends at once, and a shutdown does not wait for the rest")
    func stoppedWhileConnecting() async throws {
        try await withDeafEndpoint { endpoint in
            let began = ContinuousClock.now
            try await withTransport { transport async throws in
                let calls = (0..<5).map { _ in Task { try await transport.call(to: endpoint) } }
                try await eventually("nothing is being opened") { await transport.connectionCount == 5 }
                for call in calls { call.cancel() }
                for call in calls { await #expect(throws: CancellationError.self) { try await call.value } }
            }
            #expect(ContinuousClock.now - began < .seconds(20), "the connect timeout is 30 s")
        }
    }

    @Test("a shutdown stops calls that wait for a connection")
    func shutdownWhileConnecting() async throws {
        try await withDeafEndpoint { endpoint in
            let transport = NativeTransport(.single())
            let calls = (0..<5).map { _ in
                Task { try await transport.call(to: endpoint) }
            }
            try await eventually("nothing is being opened") { await transport.connectionCount == 5 }
            await transport.shutdown()
            #expect(await transport.connectionCount == 0)
            for call in calls { await #expect(throws: CancellationSignal.Reason.shutDown) { try await call.value } }
            await #expect(throws: CancellationSignal.Reason.shutDown) { try await transport.call(to: endpoint) }
        }
    }

    @Test("an endpoint may be a Unix-domain socket")
    func unixSocket() async throws {
        let path = "/tmp/mesh-transport-\(UInt32.random(in: .min ... .max)).sock"
        let server = try await ScriptedServer.start(unix: path)
        try await withTransport { transport async throws in
            for _ in 0..<3 { try await transport.expectOK(from: Endpoint(.unix(path: path))) }
            #expect(server.log.accepted == 1)
            let missing = Endpoint(.unix(path: path + ".none"))
            #expect(try await transportError { _ = try await transport.call(to: missing) }.kind == .connectionFailed)
            let long = Endpoint(.unix(path: "/" + String(repeating: "x", count: 300)))
            #expect(try await transportError { _ = try await transport.call(to: long) }.kind == .connectionFailed)
        }
        await server.stop()
    }

    @Test("an endpoint may be a host name, at whichever of its addresses it listens", arguments: ["127.0.0.1", "::1"])
    func hostName(_ host: String) async throws {
        // A machine need not have IPv6.
        guard let server = try? await ScriptedServer.start(host: host) else { return #expect(host == "::1") }
        try await withTransport { transport async throws in
            let endpoint = Endpoint(.host("localhost", port: server.port))
            let answer = try? await transport.call(to: endpoint)
            // "localhost" need not be an IPv6 address.
            guard host != "::1" || answer != nil else { return }
            for _ in 0..<3 { try await transport.expectOK(from: endpoint) }
            #expect(server.log.accepted == 1)
        }
        await server.stop()
    }

    @Test("a host that does not exist is a failed connection")
    func unknownHost() async throws {
        try await withTransport { transport async throws in
            let endpoint = Endpoint(.host("nobody.invalid", port: 80))
            let error = try await transportError { _ = try await transport.call(to: endpoint) }
            #expect(error.kind == .connectionFailed)
            #expect(await transport.connectionCount == 0)
        }
    }

    @Test("a silent peer of TCP is asked whether it is still there, in the time that the settings say")
    func keepAlive() async throws {
        let server = try await ScriptedServer.start()
        let configuration = NativeTransport.Configuration.single {
            $0.keepAliveInterval = .milliseconds(6500)
            $0.keepAliveTimeout = .seconds(2)
        }
        try await withTransport(configuration) { transport async throws in
            try await transport.expectOK(from: server.endpoint())
            let sockets = openSockets(to: server.port)
            #expect(sockets.count == 1)
            let socket = try #require(sockets.first)
            #expect(option(SO_KEEPALIVE, SOL_SOCKET, of: socket) != 0)
            #expect(option(KeepAliveProbes.idleName, CInt(IPPROTO_TCP), of: socket) == 7, "whole seconds")
            #expect(option(TCP_KEEPINTVL, CInt(IPPROTO_TCP), of: socket) == 2)
            #expect(option(TCP_KEEPCNT, CInt(IPPROTO_TCP), of: socket) == 3)
        }
        await server.stop()
    }

    @Test("the time between probes is never none, and never more than the kernel takes")
    func keepAliveRange() {
        let short = KeepAliveProbes(interval: .milliseconds(1), timeout: .nanoseconds(1))
        #expect(short.idle == 1 && short.interval == 1)
        let long = KeepAliveProbes(interval: .seconds(1 << 40), timeout: .seconds(1 << 40))
        #expect(long.idle == 32_767 && long.interval == 32_767)
    }

    /// The sockets of this process that are connected to a port.
    private func openSockets(to port: UInt16) -> [CInt] {
        (0..<4096).filter { descriptor in
            // The port stands behind two bytes of length and family, most significant byte first.
            var address = [UInt8](repeating: 0, count: 128)
            var length = socklen_t(address.count)
            let result = address.withUnsafeMutableBytes {
                getpeername(descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
            }
            return result == 0 && length == 16 && address[2...3] == [UInt8(port >> 8), UInt8(port & 255)]
        }
    }

    private func option(_ name: CInt, _ level: CInt, of socket: CInt) -> CInt {
        var value: CInt = -1
        var length = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(socket, level, name, &value, &length) == 0 ? value : -1
    }

    @Test("the minimum is opened before there is a call, all event loops together")
    func prepared() async throws {
        let server = try await ScriptedServer.start()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let configuration = NativeTransport.Configuration.test {
            $0.eventLoopGroup = group
            $0.minimumConnectionsPerEndpoint = 3
        }
        try await withTransport(configuration) { transport async throws in
            for _ in 0..<3 { transport.prepare(server.endpoint(), for: "users") }
            try await eventually("three connections") { server.log.open == 3 }
            try await Task.sleep(for: .milliseconds(50))
            #expect(server.log.accepted == 3)
            transport.retire(server.endpoint())
            try await eventually("they close when the endpoint leaves") { server.log.open == 0 }
        }
        try await withTransport(.test { $0.eventLoopGroup = group }) { transport async throws in
            transport.prepare(server.endpoint(), for: "users")
            #expect(await transport.connectionCount == 0, "without a minimum there is nothing to open")
        }
        await server.stop()
        try await group.shutdownGracefully()
    }

    @Test("a mesh opens the minimum when discovery adds an endpoint")
    func preparedByMesh() async throws {
        let server = try await ScriptedServer.start()
        let target = try Target("static:///127.0.0.1:\(server.port)")
        let mesh = Mesh(MeshConfiguration(services: ["users": ServiceConfiguration(target: target)]))
        let first = try mesh.http("users", transport: .test { $0.minimumConnectionsPerEndpoint = 3 })
        try await eventually("three connections") { server.log.open == 3 }
        // Another client of a service whose endpoints are known.
        let second = try mesh.http("users", transport: .test { $0.minimumConnectionsPerEndpoint = 2 })
        try await eventually("two more connections") { server.log.open == 5 }
        #expect(server.log.requests.isEmpty)
        for client in [first, second] { _ = try await client.get("/", timeout: .seconds(20)) }
        #expect(server.log.accepted == 5)
        await mesh.shutdown()
        try await eventually("they close with the mesh") { server.log.open == 0 }
        await server.stop()
    }

    @Test("of several addresses of an endpoint, one that does not answer costs a moment, and leaves nothing behind")
    func happyEyeballs() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try await ScriptedServer.start(host: "127.0.0.1")
        // At another address, but the same port: a queue that is full.
        let deaf = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1)
            .serverChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.2", port: Int(server.port)).get()
        let fillers = (0..<8).map { _ in
            ClientBootstrap(group: group).connectTimeout(.seconds(60)).connect(
                host: "127.0.0.2",
                port: Int(server.port)
            )
        }
        _ = try? await fillers[0].get()
        try await Task.sleep(for: .milliseconds(100))
        let before = connectingSockets(to: server.port)
        let configuration = NativeTransport.Configuration.single {
            $0.makeResolver = { FixedResolver(["127.0.0.2", "127.0.0.1"], on: $0) }
        }
        try await withTransport(configuration) { transport async throws in
            let endpoint = Endpoint(.host("users.prod", port: server.port))
            let began = ContinuousClock.now
            try await transport.expectOK(from: endpoint)
            let elapsed = ContinuousClock.now - began
            #expect(elapsed < .seconds(10), "the connect timeout is 30 s")
            #expect(await transport.connectionCount == 1)
            #expect(server.log.accepted == 1)
            for _ in 0..<3 { try await transport.expectOK(from: endpoint) }
            #expect(server.log.accepted == 1)
            try await eventually("the other attempt goes on") { connectingSockets(to: server.port) <= before }
        }
        try await deaf.close()
        for filler in fillers { filler.whenSuccess { $0.close(promise: nil) } }
        await server.stop()
    }

    /// How many sockets of this machine wait to be connected to 127.0.0.2 and a port.
    private func connectingSockets(to port: UInt16) -> Int {
        guard let table = try? String(contentsOfFile: "/proc/net/tcp", encoding: .utf8) else { return 0 }
        let remote = "0200007F:" + String(port, radix: 16, uppercase: true).leftPadded(to: 4)
        return table.split(separator: "\n").count { line in
            let columns = line.split(separator: " ")
            return columns.count > 3 && columns[2] == remote && columns[3] == "02"
        }
    }

    @Test("connections are kept up to the minimum, without a storm against an endpoint that closes them")
    func minimum() async throws {
        let server = try await ScriptedServer.start()
        try await withTransport(.single { $0.minimumConnectionsPerEndpoint = 3 }) { transport async throws in
            try await transport.expectOK(from: server.endpoint())
            try await eventually("three connections") { server.log.open == 3 }
            transport.retire(server.endpoint())
            try await eventually("they close when the endpoint leaves") { server.log.open == 0 }
        }
        await server.stop()

        // Closes every connection but the first at once.
        let closing = try await ScriptedServer.start(greeting: "no") { _, _ in [.close] }
        let opened = Atomic(0)
        let configuration = NativeTransport.Configuration.single {
            $0.minimumConnectionsPerEndpoint = 2
            $0.onEvent = { if case .opened = $0 { opened.wrappingAdd(1, ordering: .relaxed) } }
        }
        try await withTransport(configuration) { transport async throws in
            _ = try? await transport.call(to: closing.endpoint())
            try await Task.sleep(for: .milliseconds(300))
            #expect(opened.load(ordering: .relaxed) < 30)
        }
        await closing.stop()
    }
}

extension String {
    fileprivate func leftPadded(to length: Int) -> String {
        String(repeating: "0", count: max(0, length - count)) + self
    }
}

/// Knows one host, with these addresses in this order.
private struct FixedResolver: Resolver, Sendable {
    private let addresses: [String]
    private let loop: any EventLoop

    init(_ addresses: [String], on loop: any EventLoop) {
        self.addresses = addresses
        self.loop = loop
    }

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        loop.makeCompletedFuture { try addresses.map { try SocketAddress(ipAddress: $0, port: port) } }
    }

    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        loop.makeSucceededFuture([])
    }

    func cancelQueries() {}
}
#endif
