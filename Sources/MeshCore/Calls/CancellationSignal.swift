import Synchronization

/// Tells a running attempt that it must stop, and why, without cancelling the task of the caller.
///
/// Whoever decides (the deadline wheel, as a rule) calls ``cancel(_:)``; the transport that carries the
/// attempt says with ``onCancel(_:)`` how to stop it. Either may come first.
public final class CancellationSignal: Sendable {
    /// Why an attempt was stopped. Thrown by the transport that was told to stop.
    public enum Reason: ClassifiedError, Hashable, Sendable, CustomStringConvertible {
        /// The deadline of the whole call was reached.
        case deadlineExceeded
        /// The deadline of the whole call was reached while its caller had yet to read what had arrived: the endpoint
        /// owed nothing. Says how a response ended; nobody is stopped with it.
        case responseUnread
        /// The attempt used up its own share of the time; the call may go on elsewhere.
        case attemptTimedOut
        /// The mesh is shutting down.
        case shutDown

        /// What an attempt stopped for this reason says about its endpoint, and about another try.
        public var outcome: Outcome {
            switch self {
            case .deadlineExceeded: Outcome(.failure, retry: .never)
            case .attemptTimedOut: Outcome(.failure, retry: .ifIdempotent)
            case .responseUnread, .shutDown: .inconclusive
            }
        }

        /// What a call fails with whose last attempt was stopped for this reason.
        public var callCode: MeshError.Code {
            switch self {
            case .deadlineExceeded: .deadlineExceeded
            case .shutDown: .shutDown
            case .responseUnread, .attemptTimedOut: .attemptsFailed
            }
        }

        /// A phrase for a person.
        public var description: String {
            switch self {
            case .deadlineExceeded: "the deadline was exceeded"
            case .responseUnread: "the deadline was exceeded before the response was read"
            case .attemptTimedOut: "the attempt timed out"
            case .shutDown: "the mesh shut down"
            }
        }
    }

    private enum State {
        case idle
        case armed(@Sendable (Reason) -> Void)
        case cancelled(Reason)
        case finished
    }

    private let state = Mutex(State.idle)

    /// Creates a signal that nobody has given yet.
    public init() {}

    /// Why the attempt must stop; `nil` as long as it need not.
    public var reason: Reason? {
        state.withLock { if case .cancelled(let reason) = $0 { reason } else { nil } }
    }

    /// Gives the signal. Only the first call counts, and none after ``finish()``.
    public func cancel(_ reason: Reason) {
        let handler: (@Sendable (Reason) -> Void)? = state.withLock { state in
            switch state {
            case .idle:
                state = .cancelled(reason)
                return nil
            case .armed(let handler):
                state = .cancelled(reason)
                return handler
            case .cancelled, .finished:
                return nil
            }
        }
        handler?(reason)
    }

    /// Says how to stop the attempt. Runs `handler` at once if the signal was given already; replaces an earlier one.
    ///
    /// `handler` runs on the thread that gives the signal, outside any lock, at most once.
    public func onCancel(_ handler: @escaping @Sendable (Reason) -> Void) {
        let old: State = state.withLock { state in
            let old = state
            switch old {
            case .idle, .armed: state = .armed(handler)
            case .cancelled, .finished: break
            }
            return old
        }
        // A replaced handler may own an earlier attempt: it, too, goes outside the lock.
        if case .cancelled(let reason) = old { handler(reason) }
    }

    /// The attempt is over: forgets the handler, and a later signal does nothing.
    public func finish() {
        let dropped: State = state.withLock { state in
            let old = state
            if case .cancelled = old { return .idle }
            state = .finished
            return old
        }
        // The handler may own the attempt: let it go outside the lock.
        withExtendedLifetime(dropped) {}
    }
}
