public import MeshCore

/// What measuring calls and measuring attempts have in common: each is counted once, when it is over, as what the
/// classifier takes it for; and its span, if it has one, ends with it.
@usableFromInline
struct Measurement<Request: Sendable, Response: CallResponse>: Sendable {
    @usableFromInline let ledger: Ledger
    @usableFromInline let tracer: CallTracer
    @usableFromInline let judge: @Sendable (_ response: Response, _ request: Request) -> Outcome.Verdict
    let spanName: (@Sendable (_ request: Request) -> String)?

    init<Judge: Classifier>(
        _ ledger: Ledger,
        tracer: CallTracer,
        classifier: Judge,
        spanName: (@Sendable (_ request: Request) -> String)?
    ) where Judge.Request == Request, Judge.Response == Response {
        self.ledger = ledger
        self.tracer = tracer
        self.judge = { classifier.outcome(of: $0, to: $1).verdict }
        self.spanName = spanName
    }

    /// A response is there: counts it when its body has ended.
    @inlinable
    func follow(_ response: inout Response, to request: Request, since start: MeshInstant) {
        let result = CallResult(ofResponseWith: judge(response, request))
        if Response.isStreaming {
            response.onEnd { [ledger] end in ledger.record(result.finished(end), since: start) }
        } else {
            ledger.record(result, since: start)
        }
    }

    /// There is none, because of `error`: counts that.
    @inlinable
    func fail(_ error: any Error, since start: MeshInstant) {
        ledger.record(CallResult(of: error), since: start)
    }
}

#if Telemetry
extension Measurement {
    func makeSpan(_ request: Request, _ context: CallContext) -> CallSpan {
        CallSpan(spanName?(request) ?? context.service.rawValue, service: context.service, tracer: tracer)
    }

    func follow(_ response: inout Response, to request: Request, since start: MeshInstant, in span: CallSpan) {
        let result = CallResult(ofResponseWith: judge(response, request))
        // A response that does not stream runs this at once.
        response.onEnd { [ledger] end in
            let result = result.finished(end)
            ledger.record(result, since: start)
            span.end(result, error: end.error)
        }
    }

    func fail(_ error: any Error, since start: MeshInstant, in span: CallSpan) {
        let result = CallResult(of: error)
        ledger.record(result, since: start)
        span.end(result, error: error)
    }
}
#endif
