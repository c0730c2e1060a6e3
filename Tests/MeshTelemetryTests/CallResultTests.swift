import MeshCore
import MeshTelemetry
import TestSupport
import Testing

@Suite struct CallResultTests {
    private static func attemptsFailed(_ cause: any Error) -> MeshError {
        let attempt = MeshError.FailedAttempt(address: nil, cause: cause, duration: .zero)
        return MeshError(.attemptsFailed, service: "users", attempts: [attempt])
    }

    @Test(
        "an error is what its type says",
        arguments: [
            (MeshError(.deadlineExceeded, service: "users"), .timeout),
            (MeshError(.noEndpoints, service: "users"), .unavailable),
            (MeshError(.unavailable, service: "users"), .unavailable),
            (MeshError(.shutDown, service: "users"), .unavailable),
            (MeshError(.invalidRequest, service: "users"), .failure),
            (MeshError(.attemptsFailed, service: "users"), .failure),
            (attemptsFailed(Broken()), .failure),
            (attemptsFailed(Overload()), .overloaded),
            (attemptsFailed(CancellationSignal.Reason.attemptTimedOut), .timeout),
            (CancellationSignal.Reason.deadlineExceeded, .timeout),
            (CancellationSignal.Reason.attemptTimedOut, .timeout),
            (CancellationSignal.Reason.shutDown, .cancelled),
            (CancellationError(), .cancelled),
            (Overload(), .overloaded),
            (Broken(), .failure),
        ] as [(any Error, CallResult)]
    )
    func errors(error: any Error, result: CallResult) {
        #expect(CallResult(of: error) == result)
    }

    @Test(
        "a response is what its verdict says",
        arguments: [(.success, .success), (.failure, .failure), (.overloaded, .overloaded), (.inconclusive, .success)]
            as [(Outcome.Verdict, CallResult)]
    )
    func responses(verdict: Outcome.Verdict, result: CallResult) {
        #expect(CallResult(ofResponseWith: verdict) == result)
    }
}
