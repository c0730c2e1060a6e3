#if AsyncHTTPClient && Transport
/// The clients of a run that are ready, and those that lack a program.
struct Field: Sendable {
    /// A client that cannot be measured here.
    struct Missing: Encodable, Sendable {
        let client: String
        /// The command that would help.
        let install: String
    }

    let contenders: [(name: String, contender: any Contender)]
    let missing: [Missing]

    /// Starts and builds what the clients need.
    static func ready(_ kinds: [ClientKind], on backends: Backends, _ cleanUp: CleanUp) throws -> Field {
        var contenders: [(name: String, contender: any Contender)] = []
        var missing: [Missing] = []
        for kind in kinds {
            do {
                let contender = try kind.contender(on: backends)
                cleanUp.add { contender.stop() }
                contenders.append((kind.name, contender))
            } catch let error as MissingPeer {
                Progress.say("\(kind.name) is left out; it needs: \(error.install)")
                missing.append(Missing(client: kind.name, install: error.install))
            }
        }
        return Field(contenders: contenders, missing: missing)
    }

    var names: [String] { contenders.map(\.name) }

    var peers: [String] { contenders.flatMap(\.contender.peers) }

    /// Every client once, in an order that alternates from round to round.
    func measure(_ job: Job, round: Int, _ body: (String, Measurement) -> Void) throws {
        for (name, contender) in round.isMultiple(of: 2) ? contenders.reversed() : contenders {
            body(name, try contender.measure(job))
        }
    }
}
#endif
