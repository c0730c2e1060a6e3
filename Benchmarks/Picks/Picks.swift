import BenchmarkSupport
import MeshLoadBalancing

/// What a pick costs under every policy, for few endpoints and many, on one thread and two.
///
/// `swift run -c release picks` prints the tables; policies may be named to measure no others.
@main
struct Picks {
    static func main() async {
        let names = CommandLine.arguments.dropFirst()
        let known = PickedPolicy.all.map(\.name)
        if let unknown = names.first(where: { !known.contains($0) }) {
            print("there is no policy \"\(unknown)\"; there are \(known.joined(separator: ", "))")
            return
        }
        let policies = PickedPolicy.all.filter { names.isEmpty || names.contains($0.name) }
        print(await PickTable(policies).markdown)
        print("")
        print(UpdateTable(policies).markdown)
    }
}
