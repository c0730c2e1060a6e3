import MeshCore
import Testing

@Suite struct OutcomeTests {
    private struct Broken: Error {}

    private struct Refused: ClassifiedError {
        var outcome: Outcome { Outcome(.failure, retry: .neverSent, retryAfter: .seconds(1)) }
    }

    @Test func `the usual outcomes answer both questions`() {
        #expect(Outcome.success == Outcome(.success, retry: .never))
        #expect(Outcome.failure == Outcome(.failure, retry: .ifIdempotent))
        #expect(Outcome.inconclusive == Outcome(.inconclusive, retry: .never))
        #expect(Outcome.success.retryAfter == nil)
    }

    @Test func `an error that knows its outcome is believed`() {
        #expect(Outcome(of: Refused()) == Refused().outcome)
        #expect(PlainClassifier<String, String>().outcome(of: Refused(), for: "x") == Refused().outcome)
    }

    @Test func `an unknown error is a failure, a cancellation says nothing`() {
        #expect(Outcome(of: Broken()) == .failure)
        #expect(Outcome(of: CancellationError()) == .inconclusive)
    }

    @Test(arguments: [
        (CancellationSignal.Reason.deadlineExceeded, Outcome.Verdict.failure, Outcome.Retry.never),
        (.attemptTimedOut, .failure, .ifIdempotent),
        (.shutDown, .inconclusive, .never),
    ])
    func `an attempt that was stopped is judged by the reason`(
        reason: CancellationSignal.Reason,
        verdict: Outcome.Verdict,
        retry: Outcome.Retry
    ) {
        #expect(Outcome(of: reason) == Outcome(verdict, retry: retry))
    }

    @Test func `the plain classifier knows errors and what it was told`() {
        let classifier = PlainClassifier<String, String>(.idempotent)
        #expect(classifier.idempotency(of: "x") == .idempotent)
        #expect(PlainClassifier<String, String>().idempotency(of: "x") == .notIdempotent)
        #expect(classifier.outcome(of: "x", to: "x") == .success)
        #expect(classifier.outcome(of: Broken(), for: "x") == .failure)
        #expect(classifier.outcome(of: CancellationError(), for: "x") == .inconclusive)
    }
}
