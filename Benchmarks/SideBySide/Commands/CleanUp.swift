#if AsyncHTTPClient && Transport
import Synchronization

/// What must be undone before the program ends, however it ends. The newest step comes first, each runs once.
final class CleanUp: Sendable {
    private let steps = Mutex<[@Sendable () -> Void]>([])

    func add(_ step: @escaping @Sendable () -> Void) {
        steps.withLock { $0.append(step) }
    }

    func run() {
        while let step = steps.withLock({ $0.popLast() }) { step() }
    }
}
#endif
