import MeshCore
import MeshDiscovery
import Synchronization

/// A set of endpoints, written as addresses.
func endpoints(_ addresses: String...) -> EndpointSet {
    EndpointSet(addresses.compactMap { try? Endpoint(Address($0)) })
}

func failure(_ reason: String) -> Resolution {
    .failure(ResolutionError(source: "scripted", reason: reason))
}

let a = endpoints("10.0.0.1:80")
let b = endpoints("10.0.0.2:80")
let ab = endpoints("10.0.0.1:80", "10.0.0.2:80")
let c = endpoints("10.0.0.3:80")

extension MeshInstant {
    static func seconds(_ seconds: Double) -> MeshInstant { .zero.advanced(by: .seconds(seconds)) }
}

/// Writes down what happens and lets a test wait for it.
final class Recorder<Element: Sendable & Equatable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var elements: [Element] { state.withLock { $0.elements } }

    @Sendable func record(_ element: Element) {
        let woken = state.withLock { state in
            state.elements.append(element)
            let count = state.elements.count
            defer { state.waiting.removeAll { $0.count <= count } }
            return state.waiting.filter { $0.count <= count }
        }
        for waiter in woken { waiter.continuation.resume() }
    }

    /// The first `count` elements, as soon as there are so many.
    func first(_ count: Int) async -> [Element] {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.elements.count >= count { return true }
                state.waiting.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
        return Array(elements.prefix(count))
    }
}
