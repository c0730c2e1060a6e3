public import MeshCore
import Synchronization

/// A response whose body a test ends. One that is let go of is dropped.
public struct StreamedResponse: CallResponse {
    /// It is not, as far as anybody may count on.
    public var isOver: Bool { false }

    /// What is still to come.
    public final class Body: Sendable {
        private let actions = Mutex<[@Sendable (ResponseEnd) -> Void]>([])

        fileprivate func onEnd(_ action: @escaping @Sendable (ResponseEnd) -> Void) {
            actions.withLock { $0.append(action) }
        }

        /// Ends it; the first time counts.
        public func end(_ end: ResponseEnd) {
            let taken = actions.withLock { actions in
                defer { actions = [] }
                return actions
            }
            for action in taken { action(end) }
        }

        deinit { end(.dropped) }
    }

    /// What is still to come.
    public let body = Body()

    /// Creates a response whose body has not ended.
    public init() {}

    /// Runs `action` when the body ends.
    public mutating func onEnd(_ action: @escaping @Sendable (ResponseEnd) -> Void) { body.onEnd(action) }
}
