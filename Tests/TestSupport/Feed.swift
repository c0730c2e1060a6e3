#if TLS
public import MeshTLS
import Synchronization

/// A source that delivers what it is given, when it is given it.
public final class Feed<Value: Sendable>: Sendable {
    private struct State {
        var deliver: (@Sendable (Result<Value, any Error>) -> Void)?
        var last: Value
    }

    private let state: Mutex<State>

    /// Creates a source that begins with `value`.
    public init(_ value: Value) {
        state = Mutex(State(last: value))
    }

    /// Delivers a value, to whoever runs the source and to whoever will.
    public func set(_ value: Value) {
        let deliver = state.withLock { state in
            state.last = value
            return state.deliver
        }
        deliver?(.success(value))
    }

    /// Runs the source.
    public func run(_ deliver: @escaping @Sendable (Result<Value, any Error>) -> Void) async {
        let last = state.withLock { state in
            state.deliver = deliver
            return state.last
        }
        deliver(.success(last))
    }
}

extension Feed: IdentitySource where Value == TLSIdentity {}
extension Feed: TrustSource where Value == [TrustBundle] {}
#endif
