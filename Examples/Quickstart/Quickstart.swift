#if AsyncHTTPClient
import ArgumentParser
import AsyncHTTPClient
import MeshAsyncHTTPClient
import MeshCore
import NIOCore
import ServiceMesh

/// The part to copy: name the service, say where it runs, call it by its name.
struct MeshGreeter: Greeter {
    let name = "mesh"
    let mesh: Mesh
    private let client: MeshHTTPClient

    init(endpoints: [String]) throws {
        let target = try Target("static:///" + endpoints.joined(separator: ","))
        mesh = Mesh(MeshConfiguration(services: ["greeter": ServiceConfiguration(target: target)]))
        client = MeshHTTPClient(mesh)
    }

    func hello() async throws -> HTTPClientResponse {
        try await client.execute(HTTPClientRequest(url: "http://greeter/hello"), timeout: .seconds(1))
    }

    func shutdown() async { await mesh.shutdown() }
}

/// Five servers, two clients, one bad day.
@main
struct Quickstart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quickstart",
        abstract: "Drives the same load through AsyncHTTPClient with and without the mesh while servers fail.",
        usage: "quickstart [--duration SECONDS] [--rate CALLS] [--json]",
        subcommands: [GreeterServer.self]
    )

    @Option(help: "How long the load runs, in seconds (5 to 600).")
    var duration = 15.0

    @Option(help: "Calls per second of each client (10 to 2000).")
    var rate = 200.0

    @Flag(help: "Print the result as one JSON object and nothing else on standard output.")
    var json = false

    func validate() throws {
        guard (5...600).contains(duration) else {
            throw ValidationError("--duration must be from 5 to 600 seconds")
        }
        guard (10...2000).contains(rate) else {
            throw ValidationError("--rate must be from 10 to 2000 calls per second")
        }
    }

    func run() async throws {
        let fleet = try await Fleet(size: 5)
        let mesh = try MeshGreeter(endpoints: fleet.addresses)
        let greeters: [any Greeter] = [RoundRobinGreeter(endpoints: fleet.addresses), mesh]
        let experiment = Experiment(
            greeters: greeters,
            fleet: fleet,
            schedule: ArrivalSchedule(rate: rate, duration: .seconds(duration)),
            timeline: .badDay
        )
        let journal = experiment.journal
        let watching = Task { await mesh.report(to: journal) }
        let result = await experiment.run(showing: Screen(quiet: json))
        for greeter in greeters { try await greeter.shutdown() }
        await watching.value
        fleet.stop()

        print(json ? try result.json() : result.table())
    }
}
#endif
