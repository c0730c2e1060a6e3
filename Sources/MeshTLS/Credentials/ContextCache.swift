#if TLS
import NIOSSL
import Synchronization

/// One context for each list of application protocols, as long as the identity is the same.
///
/// A context without the system's roots costs some microseconds.
final class ContextCache: Sendable {
    private struct State {
        var generation = -1
        var contexts: [[String]: NIOSSLContext] = [:]
    }

    private let state = Mutex(State())

    func context(
        generation: Int,
        protocols: [String],
        make: () throws -> NIOSSLContext
    ) throws -> NIOSSLContext {
        try state.withLock { state in
            if generation != state.generation {
                // A thread that comes late with the identity of before gets its context, and leaves the cache alone.
                guard generation > state.generation else { return try make() }
                state.generation = generation
                state.contexts = [:]
            }
            if let context = state.contexts[protocols] { return context }
            let context = try make()
            state.contexts[protocols] = context
            return context
        }
    }
}
#endif
