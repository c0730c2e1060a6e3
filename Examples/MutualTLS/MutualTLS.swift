#if Transport
import ArgumentParser
import MeshCore
import MeshHTTP
import MeshTLS
import MeshTransport
import ServiceMesh

/// The part to copy: who we are, whom we trust, and a client of the mesh that insists on both.
struct OrdersService {
    let mesh: Mesh
    private let credentials: TLSCredentials
    private let users: HTTPServiceClient<NativeTransport>

    init(
        files: WorkloadFiles,
        users address: String,
        refresh: RefreshPolicy = .ofTheDemonstration,
        maximumAge: Duration = .seconds(2),
        maximumConnections: Int = 1024,
        onEvent: @escaping @Sendable (ConnectionEvent) -> Void
    ) async throws {
        credentials = TLSCredentials(
            identity: .files(certificateChain: files.certificate, privateKey: files.key, refresh: refresh),
            trust: [.file(files.bundle, for: .trustDomain("shop.example"), refresh: refresh)]
        )
        credentials.start()
        try await credentials.ready()

        let target = try Target("static:///\(address)")
        mesh = Mesh(MeshConfiguration(services: ["users": ServiceConfiguration(target: target)]))
        users = try mesh.http(
            "users",
            transport: NativeTransport.Configuration(
                tls: ClientTLS(
                    credentials,
                    configuration: .init(expectedIdentity: .spiffeID("spiffe://shop.example/users"))
                ),
                maximumConnectionsPerEndpoint: maximumConnections,
                // Short, so that this demonstration sees many handshakes; the default is ten minutes.
                maximumAge: maximumAge,
                onEvent: onEvent
            )
        )
    }

    func user(_ id: Int) async throws -> String {
        let response = try await users.get("/users/\(id)", timeout: .seconds(2))
        let text = String(decoding: try await response.body.collect(upTo: 1024), as: UTF8.self)
        guard response.statusCode == 200 else { throw UnexpectedAnswer(status: response.statusCode, text: text) }
        return text
    }

    func shutdown() async {
        await mesh.shutdown()
        await credentials.shutdown()
    }
}

/// Two services, a development CA, certificates that change while calls are under way, and a stranger at the door.
@main
struct MutualTLS: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mutual-tls",
        abstract: "Calls a service over mutual TLS while leaf and root certificates rotate, and shows who is refused.",
        usage: "mutual-tls [--rate CALLS] [--rotations NUMBER [--seconds SECONDS] [--connections NUMBER]]"
    )

    @Option(help: "Calls per second (10 to 2000).")
    var rate = 200

    @Option(help: "Rotate leaf and root so often, and judge the result, instead of the demonstration (1 to 100).")
    var rotations: Int?

    @Option(help: "How long to call while rotating; at least one second for each rotation.")
    var seconds = 30

    @Option(help: "How many connections the client may have while rotating (1 to 1024).")
    var connections = 16

    func validate() throws {
        if let rotations {
            guard (1...100).contains(rotations) else { throw ValidationError("--rotations must be from 1 to 100") }
            guard (rotations...3600).contains(seconds) else {
                throw ValidationError("--seconds must be at least the number of rotations, and at most 3600")
            }
        }
        guard (1...1024).contains(connections) else {
            throw ValidationError("--connections must be from 1 to 1024")
        }
        guard (10...2000).contains(rate) else {
            throw ValidationError("--rate must be from 10 to 2000 calls per second")
        }
    }

    func run() async throws {
        let isAsItShould =
            if let rotations {
                try await RotationRun(
                    rotations: rotations,
                    rate: rate,
                    seconds: seconds,
                    maximumConnections: connections
                ).run()
            } else {
                try await Demonstration(rate: rate).run()
            }
        guard isAsItShould else { throw ExitCode.failure }
    }
}

struct UnexpectedAnswer: Error, CustomStringConvertible {
    let status: Int
    let text: String

    var description: String { "status \(status): \(text)" }
}
#endif
