import MeshCircuitBreaking
import Synchronization

/// How many endpoints are ejected, for the closure that the breakers themselves are made with.
final class EjectedCount: Sendable {
    private let breakers = Mutex<Weak?>(nil)

    private struct Weak {
        weak var breakers: CircuitBreakers?
    }

    var source: CircuitBreakers? {
        get { breakers.withLock { $0?.breakers } }
        set { breakers.withLock { $0 = Weak(breakers: newValue) } }
    }

    var value: Int { source?.unavailableCount ?? 0 }
}
