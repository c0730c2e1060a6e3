#if Telemetry
public import Tracing
#endif

/// The tracer that makes spans of calls and attempts, or none.
///
/// Looking up the tracer of the process costs 184 ns, so it is done once, when the stack is built. With no tracer no
/// span is started at all. Exists without the `Telemetry` trait too, and is then always ``none``.
public struct CallTracer: Sendable {
    /// Whether spans are made.
    @usableFromInline let isEnabled: Bool

    #if Telemetry
    let tracer: any Tracer

    /// Makes spans with `tracer`, unless it is a `NoOpTracer`.
    public init(_ tracer: any Tracer) {
        self.tracer = tracer
        isEnabled = !(tracer is NoOpTracer)
    }

    /// The tracer bound to the current task, else the one that the process was bootstrapped with, as of now.
    public static var bootstrapped: CallTracer { CallTracer(InstrumentationSystem.tracer) }

    /// No spans.
    public static var none: CallTracer { CallTracer(NoOpTracer()) }
    #else
    /// No spans, because the `Telemetry` trait is off.
    public static var bootstrapped: CallTracer { CallTracer(isEnabled: false) }

    /// No spans.
    public static var none: CallTracer { CallTracer(isEnabled: false) }

    private init(isEnabled: Bool) {
        self.isEnabled = isEnabled
    }
    #endif
}
