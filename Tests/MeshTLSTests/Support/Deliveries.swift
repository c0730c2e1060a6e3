#if TLS
import MeshTLS
import Synchronization

/// What a source delivers, in order.
final class Deliveries<Value: Sendable>: Sendable {
    private struct State {
        var results: [Result<Value, any Error>] = []
        var waiter: (count: Int, continuation: CheckedContinuation<Void, Never>)?
    }

    private let state = Mutex(State())

    var all: [Result<Value, any Error>] { state.withLock { $0.results } }

    func take(_ result: Result<Value, any Error>) {
        state.withLock { state in
            state.results.append(result)
            guard let waiter = state.waiter, state.results.count >= waiter.count else {
                return CheckedContinuation<Void, Never>?.none
            }
            state.waiter = nil
            return waiter.continuation
        }?.resume()
    }

    /// The delivery number `count`, from 1.
    func delivery(_ count: Int) async -> Result<Value, any Error> {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.results.count < count { state.waiter = (count, continuation) }
                return state.results.count >= count
            }
            if isThere { continuation.resume() }
        }
        return all[count - 1]
    }
}

/// Events, in order.
final class Events: Sendable {
    private let events = Mutex<[String]>([])

    var all: [String] { events.withLock { $0 } }

    func take(_ event: TLSEvent) {
        let name =
            switch event {
            case .identityLoaded: "identityLoaded"
            case .identityFailed: "identityFailed"
            case .identityExpiring(_, let remaining): "identityExpiring \(remaining / .seconds(1))"
            case .trustLoaded: "trustLoaded"
            case .trustFailed: "trustFailed"
            case .peerRefused(let error): "peerRefused \(error.reason)"
            }
        events.withLock { $0.append(name) }
    }
}
#endif
