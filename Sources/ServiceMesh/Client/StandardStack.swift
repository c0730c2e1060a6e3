public import MeshAdmission
public import MeshCore
public import MeshLoadBalancing
public import MeshRetries
public import MeshTelemetry

/// The layers of a call, outermost first. The order is the architecture:
///
/// 1. `TelemetryFilter`: the span and the metrics of the whole call see everything below, the waiting
///    and the retrying too.
/// 2. `DeadlineFilter`: the deadline is computed once, before anything that could take time.
/// 3. `Retrying`: above the balancer, so that each attempt picks afresh.
/// 4. `Balanced`: the pick, its lease, and the metrics of the attempt. Health sits below it and speaks to it
///    through availability alone.
/// 5. `TracingTransport`: a span for the attempt, and the trace context in its headers.
/// 6. `DeadlineTransport`: stops an attempt whose time is up.
/// 7. The transport.
public typealias StandardStack<Carrier: Transport, Judge: Classifier> =
    Filtered<
        TelemetryFilter<Carrier.Request, Carrier.Response>,
        Filtered<
            DeadlineFilter<Carrier.Request, Carrier.Response>,
            Retrying<Balanced<TracingTransport<DeadlineTransport<Carrier>>, Judge, ServiceMetrics>, Judge>
        >
    >
where
    Judge.Request == Carrier.Request, Judge.Response == Carrier.Response,
    Carrier.Request: HeaderCarrier
