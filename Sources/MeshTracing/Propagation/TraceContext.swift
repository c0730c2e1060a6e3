/// A position in a distributed trace, as `traceparent` and `tracestate` carry it from process to process.
public struct TraceContext: Hashable, Sendable {
    /// Which trace, and which operation of it.
    public var parent: TraceParent
    /// What the tracing systems on the way have to say.
    public var state: TraceState

    /// Creates a trace context.
    public init(parent: TraceParent, state: TraceState = TraceState()) {
        self.parent = parent
        self.state = state
    }

    /// Reads the values of all `traceparent` and all `tracestate` headers of a request; `nil` if there is no valid
    /// trace to continue.
    ///
    /// Without exactly one valid `traceparent` the `tracestate` is not looked at. An invalid `tracestate` is dropped
    /// and does not harm a valid `traceparent`.
    public init?(traceparent: [String], tracestate: [String]) {
        guard traceparent.count == 1, let parent = TraceParent(traceparent[0]) else { return nil }
        self.init(
            parent: parent,
            state: tracestate.isEmpty ? TraceState() : TraceState(headerValues: tracestate) ?? TraceState()
        )
    }
}
