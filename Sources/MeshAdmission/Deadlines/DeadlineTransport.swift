public import MeshCore

/// Holds every attempt to its deadlines: the attempt's until the head of the response is in, the call's until its body
/// has ended.
///
/// Costs one small object and two short critical sections on the shared ``DeadlineWheel``: no task, no timer of its own.
public struct DeadlineTransport<Base: Transport>: TransportLayer {
    /// Sends the requests.
    public let base: Base

    @usableFromInline let wheel: DeadlineWheel

    /// Creates the transport around another, which must heed `context.cancellation`.
    @inlinable
    public init(_ base: Base, wheel: DeadlineWheel) {
        self.base = base
        self.wheel = wheel
    }

    /// Sends the request, and stops it when its time is up.
    ///
    /// - Throws: What `base` throws, or the `CancellationSignal.Reason` for which it was stopped.
    @inlinable @inline(__always)
    public func send(
        _ request: Base.Request,
        to endpoint: Endpoint,
        context: CallContext
    ) async throws -> Base.Response {
        guard context.attemptDeadline.isFinite else {
            let response = try await base.send(request, to: endpoint, context: context)
            await Detour.end()
            return response
        }
        var context = context
        let signal = context.cancellation ?? CancellationSignal()
        context.cancellation = signal
        let isAttemptShorter = context.attemptDeadline < context.deadline
        let token = wheel.arm(
            signal,
            reason: isAttemptShorter ? .attemptTimedOut : .deadlineExceeded,
            at: context.attemptDeadline.instant
        )
        do {
            var response = try await base.send(request, to: endpoint, context: context)
            if !response.isOver {
                var bodyToken: DeadlineWheel.Token? = token
                if isAttemptShorter {
                    guard wheel.disarm(token), signal.reason != .attemptTimedOut else {
                        // The time ran out as the head came in, and the signal has been given or is about to be: the body
                        // is lost, but the call may go on elsewhere.
                        response.discard()
                        throw CancellationSignal.Reason.attemptTimedOut
                    }
                    bodyToken = armForBody(signal, at: context.deadline)
                }
                response.onEnd { [wheel, bodyToken] _ in
                    if let bodyToken { wheel.disarm(bodyToken) }
                    signal.finish()
                }
            } else {
                wheel.disarm(token)
            }
            return response
        } catch {
            wheel.disarm(token)
            if let reason = signal.reason { throw reason }
            throw error
        }
    }

    @usableFromInline
    func armForBody(_ signal: CancellationSignal, at deadline: Deadline) -> DeadlineWheel.Token? {
        guard deadline.isFinite else { return nil }
        return wheel.arm(signal, reason: .deadlineExceeded, at: deadline.instant)
    }
}
