#if Telemetry
import Instrumentation
#endif

extension PropagationContext {
    /// What an outgoing request of the current task passes on: the context that swift-distributed-tracing has for the
    /// task if there is one, else ``inherited``.
    ///
    /// Costs one or two task-local reads, 7 to 15 ns each.
    public static var current: PropagationContext? {
        #if Telemetry
        if let bound = InstrumentationContext.current?.propagation { return bound }
        #endif
        return inherited
    }
}
