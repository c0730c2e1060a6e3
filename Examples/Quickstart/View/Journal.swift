#if AsyncHTTPClient
import Synchronization

/// What happened, and how the mesh sees each endpoint now.
final class Journal: Sendable {
    private let contents = Mutex(Contents())

    struct Note: Sendable {
        let time: ContinuousClock.Instant
        let text: String
    }

    private struct Contents {
        var notes: [Note] = []
        var opinions: [String: String] = [:]
        var ejections: [String: Int] = [:]
    }

    /// Everything that happened so far, in order.
    var notes: [Note] { contents.withLock(\.notes) }

    func note(_ text: String) {
        contents.withLock { $0.notes.append(Note(time: .now, text: text)) }
    }

    /// The mesh takes no more calls to this endpoint.
    func ejected(_ address: String) {
        note("mesh: \(address) ejected")
        contents.withLock { contents in
            contents.opinions[address] = "ejected"
            contents.ejections[address, default: 0] += 1
        }
    }

    /// The mesh uses this endpoint again.
    func readmitted(_ address: String) {
        note("mesh: \(address) re-admitted")
        contents.withLock { $0.opinions[address] = nil }
    }

    /// How the mesh sees an endpoint.
    func opinion(of address: String) -> String {
        contents.withLock { $0.opinions[address] ?? "available" }
    }

    /// How often the mesh has ejected an endpoint.
    func ejections(of address: String) -> Int {
        contents.withLock { $0.ejections[address] ?? 0 }
    }
}
#endif
