#if Transport
import Foundation
import MeshCore
import NIOCore
import NIOPosix
import Testing

@testable import MeshTransport

/// What failures to connect say about the endpoint.
@Suite struct OutcomeTests {
    private static let address = Address.host("users.prod", port: 80)

    @Test(arguments: [EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL]) func aShortageHereIsNotTheirFault(code: CInt) {
        let error = TransportError.notConnected(IOError(errnoCode: code, reason: "connect"), to: Self.address)
        #expect(error.kind == .resourcesExhausted)
        #expect(error.outcome == Outcome(.inconclusive, retry: .neverSent))
    }

    @Test func aRefusalIs() {
        let error = TransportError.notConnected(IOError(errnoCode: ECONNREFUSED, reason: "connect"), to: Self.address)
        #expect(error.kind == .connectionFailed)
        #expect(error.outcome == Outcome(.failure, retry: .neverSent))
    }

    @Test func aShortageIsFoundBehindAHostName() async throws {
        // An address that this machine does not have cannot be connected from (RFC 5737).
        let unavailable = try SocketAddress(ipAddress: "192.0.2.1", port: 0)
        let error = try await failure(from: unavailable)
        #expect(TransportError.notConnected(error, to: Self.address).kind == .resourcesExhausted)
    }

    @Test func aRefusalIsFoundBehindAHostName() async throws {
        let error = try await failure(from: try SocketAddress(ipAddress: "127.0.0.1", port: 0))
        #expect(TransportError.notConnected(error, to: Self.address).kind == .connectionFailed)
    }

    /// Connects to a name at which nobody listens.
    private func failure(from source: SocketAddress) async throws -> NIOConnectionError {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let connecting = ClientBootstrap(group: loop)
            .resolver(LoopbackResolver(on: loop))
            .bind(to: source)
            .connect(host: "users.prod", port: 1)
        do {
            try await connecting.get().close()
        } catch let error as NIOConnectionError {
            return error
        }
        throw NoError()
    }
}

private struct LoopbackResolver: Resolver {
    private let loop: any EventLoop

    init(on loop: any EventLoop) {
        self.loop = loop
    }

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        loop.makeCompletedFuture { [try SocketAddress(ipAddress: "127.0.0.1", port: port)] }
    }

    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        loop.makeSucceededFuture([])
    }

    func cancelQueries() {}
}
#endif
