import MeshCore
import MeshDiscovery
import MeshTesting
import Synchronization

@testable import MeshDNS

/// Iterates over a resolver in a task of its own and keeps what it says.
final class Follower: Sendable {
    private let seen: SeenResolutions
    private let task: Task<Void, Never>

    init(_ resolver: DNSResolver) {
        let seen = SeenResolutions()
        self.seen = seen
        task = Task {
            for await resolution in resolver.resolutions() { seen.append(resolution) }
            seen.finish()
        }
    }

    deinit { task.cancel() }

    /// All elements so far.
    var resolutions: [Resolution] { seen.all }

    /// Whether the sequence has ended.
    var isFinished: Bool { seen.isFinished }

    /// The element with this number, from 0, as soon as it is there.
    func element(_ index: Int) async -> Resolution {
        while seen.all.count <= index { await Task.yield() }
        return seen.all[index]
    }

    /// Ends the iteration and returns once it has ended.
    func cancel() async {
        task.cancel()
        await task.value
    }
}

private final class SeenResolutions: Sendable {
    private let state = Mutex<(all: [Resolution], isFinished: Bool)>(([], false))

    var all: [Resolution] { state.withLock { $0.all } }
    var isFinished: Bool { state.withLock { $0.isFinished } }
    func append(_ resolution: Resolution) { state.withLock { $0.all.append(resolution) } }
    func finish() { state.withLock { $0.isFinished = true } }
}

extension Resolution {
    /// The addresses of the endpoints; `nil` for a failure.
    var addresses: [String]? {
        if case .endpoints(let set) = self { set.endpoints.map { "\($0.address)" } } else { nil }
    }
}
