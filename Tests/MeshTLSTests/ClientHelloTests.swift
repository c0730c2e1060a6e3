#if TLS && Transport
import MeshCore
import MeshTLS
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

/// What a client says first, in the clear, byte by byte (RFC 8446, 4.1.2).
@Suite("A client's hello") struct ClientHelloTests {
    private static let tls13: UInt16 = 0x0304
    /// X25519MLKEM768 (draft-ietf-tls-ecdhe-mlkem).
    private static let hybrid: UInt16 = 0x11EC
    private static let x25519: UInt16 = 0x001D

    @Test("offers TLS 1.3 alone, and X25519MLKEM768 first, with a share of it")
    func standard() async throws {
        let hello = try await hello()
        #expect(hello.supportedVersions == [Self.tls13])
        #expect(hello.groups.first == Self.hybrid)
        #expect(hello.groups.dropFirst().first == Self.x25519)
        #expect(hello.keyShares.first == Self.hybrid)
        #expect(hello.serverName == "users.prod")
        #expect(hello.applicationProtocols == ["h2", "http/1.1"])
        #expect(!hello.hasTicket, "no session is resumed")
    }

    @Test("offers TLS 1.2 only where that was chosen")
    func older() async throws {
        let hello = try await hello(ClientTLS.Configuration(minimumVersion: .tls12))
        #expect(hello.supportedVersions == [Self.tls13, 0x0303])
        #expect(hello.groups.first == Self.hybrid)
    }

    private func hello(_ configuration: ClientTLS.Configuration = .init()) async throws -> ClientHello {
        let root = try TestAuthority()
        let credentials = try await loadedCredentials(
            root.issue("spiffe://prod.example/orders"),
            trusting: root.bundle()
        )
        let bytes = try Self.firstBytes(ClientTLS(credentials, configuration: configuration))
        await credentials.shutdown()
        return try #require(ClientHello(bytes))
    }

    private static func firstBytes(_ tls: ClientTLS) throws -> ByteBuffer {
        let channel = EmbeddedChannel()
        let endpoint = Endpoint(
            .host("users.prod", port: 443),
            expectedIdentity: .spiffeID("spiffe://prod.example/users")
        )
        let handshake = try tls.makeHandshake(
            with: endpoint,
            serverName: "users.prod",
            applicationProtocols: ["h2", "http/1.1"]
        )
        try handshake.install(on: channel)
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 443), promise: nil)
        let bytes = try #require(try channel.readOutbound(as: ByteBuffer.self))
        _ = try? channel.finish(acceptAlreadyClosed: true)
        return bytes
    }
}

/// The parts of a ClientHello that matter here.
private struct ClientHello {
    var supportedVersions: [UInt16] = []
    var groups: [UInt16] = []
    var keyShares: [UInt16] = []
    var applicationProtocols: [String] = []
    var serverName: String?
    var hasTicket = false

    /// `nil` for bytes that are something else.
    init?(_ record: ByteBuffer) {
        var bytes = record
        // A record of the type handshake, a message of the type ClientHello, version, random.
        guard bytes.readInteger(as: UInt8.self) == 22, bytes.readBytes(length: 4) != nil,
            bytes.readInteger(as: UInt8.self) == 1, bytes.readBytes(length: 3 + 2 + 32) != nil,
            bytes.readVector(of: UInt8.self) != nil, bytes.readVector(of: UInt16.self) != nil,
            bytes.readVector(of: UInt8.self) != nil, var extensions = bytes.readVector(of: UInt16.self)
        else { return nil }
        while let type = extensions.readInteger(as: UInt16.self) {
            guard var content = extensions.readVector(of: UInt16.self) else { return nil }
            switch type {
            case 0:
                guard var names = content.readVector(of: UInt16.self), names.readInteger(as: UInt8.self) == 0,
                    let name = names.readVector(of: UInt16.self)
                else { return nil }
                serverName = String(buffer: name)
            case 10:
                guard let groups = content.readVector(of: UInt16.self)?.numbers else { return nil }
                self.groups = groups
            case 16:
                guard var names = content.readVector(of: UInt16.self) else { return nil }
                while let name = names.readVector(of: UInt8.self) { applicationProtocols.append(String(buffer: name)) }
            case 41:
                hasTicket = true
            case 43:
                guard let versions = content.readVector(of: UInt8.self)?.numbers else { return nil }
                supportedVersions = versions
            case 51:
                guard var shares = content.readVector(of: UInt16.self) else { return nil }
                while let group = shares.readInteger(as: UInt16.self), shares.readVector(of: UInt16.self) != nil {
                    keyShares.append(group)
                }
            default: break
            }
        }
    }
}

extension ByteBuffer {
    /// Reads what stands behind its own length.
    fileprivate mutating func readVector<Length: FixedWidthInteger>(of length: Length.Type) -> ByteBuffer? {
        readLengthPrefixedSlice(as: length)
    }

    /// All of it as numbers of two bytes.
    fileprivate var numbers: [UInt16] {
        var bytes = self
        var numbers: [UInt16] = []
        while let number = bytes.readInteger(as: UInt16.self) { numbers.append(number) }
        return numbers
    }
}
#endif
