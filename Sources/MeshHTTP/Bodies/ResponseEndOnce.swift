public import MeshCore
import Synchronization

/// The end of one response: runs every action exactly once, whichever comes first, the action or the end.
public final class ResponseEndOnce: Sendable {
    private enum State: Sendable {
        case open([@Sendable (ResponseEnd) -> Void])
        case over(ResponseEnd)
    }

    private let state = Mutex(State.open([]))

    /// Creates the end of a response that is not over yet.
    public init() {}

    /// How the response ended; `nil` if it has not.
    public var end: ResponseEnd? {
        state.withLock { if case .over(let end) = $0 { end } else { nil } }
    }

    /// Runs `action` when the response ends: now, if it has.
    public func onEnd(_ action: @escaping @Sendable (ResponseEnd) -> Void) {
        let end: ResponseEnd? = state.withLock { state in
            switch state {
            case .open(let actions):
                state = .open(actions + [action])
                return nil
            case .over(let end):
                return end
            }
        }
        if let end { action(end) }
    }

    /// Ends the response. Only the first call counts.
    public func finish(_ end: ResponseEnd) {
        let actions: [@Sendable (ResponseEnd) -> Void] = state.withLock { state in
            guard case .open(let actions) = state else { return [] }
            state = .over(end)
            return actions
        }
        for action in actions { action(end) }
    }
}
