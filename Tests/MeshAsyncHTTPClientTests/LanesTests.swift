#if AsyncHTTPClient
import AsyncHTTPClient
import MeshCore
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import MeshAsyncHTTPClient

@Suite(.takesTurns) struct LanesTests {
    private static let address = Address.host("users-1", port: 80)

    private func withPool(loops: Int, connections: Int = 1024, _ body: (ClientPool) throws -> Void) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
        var configuration = AsyncHTTPClientTransport.Configuration.test()
        configuration.maximumConnectionsPerEndpoint = connections
        let pool = ClientPool(configuration: configuration.client, eventLoopGroup: group)
        try body(pool)
        await pool.shutdown()
        try await group.shutdownGracefully()
    }

    @Test("an endpoint that is asked little has one client")
    func quiet() async throws {
        try await withPool(loops: 2) { pool in
            for _ in 0..<3 {
                let clients = try (0..<ClientPool.busyLane).map { _ in
                    try pool.acquire(ClientKey(address: Self.address, tlsName: nil))
                }
                #expect(Set(clients.map(ObjectIdentifier.init)).count == 1)
                for client in clients { client.release() }
            }
            #expect(pool.openCount == 1)
        }
    }

    @Test("an endpoint that is asked a lot has a client on each event loop, all asked alike")
    func busy() async throws {
        try await withPool(loops: 2) { pool in
            let clients = try (0..<10 * ClientPool.busyLane).map { _ in
                try pool.acquire(ClientKey(address: Self.address, tlsName: nil))
            }
            #expect(pool.openCount == 2)
            #expect(Set(clients.map(\.inFlight)) == [5 * ClientPool.busyLane])
            for client in clients { client.release() }
        }
    }

    @Test("endpoints begin on different event loops")
    func homes() async throws {
        try await withPool(loops: 2) { pool in
            let clients = try (1...4 as ClosedRange<UInt16>).map { port in
                try pool.acquire(ClientKey(address: .host("users-1", port: port), tlsName: nil))
            }
            let loops = clients.map { ObjectIdentifier($0.eventLoop) }
            #expect(loops[0] == loops[2] && loops[1] == loops[3] && loops[0] != loops[1])
            for client in clients { client.release() }
        }
    }

    @Test("lanes share the limit on the connections of an endpoint")
    func limit() async throws {
        try await withPool(loops: 4, connections: 2) { pool in
            let clients = try (0..<8).map { _ in try pool.acquire(ClientKey(address: Self.address, tlsName: nil)) }
            #expect(pool.openCount == 2)
            for client in clients { client.release() }
        }
    }

    @Test("a client that is renounced gets no more calls, and closes when it is idle")
    func renounced() async throws {
        try await withPool(loops: 1) { pool in
            let first = try pool.acquire(ClientKey(address: Self.address, tlsName: nil))
            first.renounce()
            let second = try pool.acquire(ClientKey(address: Self.address, tlsName: nil))
            #expect(first !== second)
            #expect(pool.openCount == 2)
            first.release()
            second.release()
        }
    }
}
#endif
