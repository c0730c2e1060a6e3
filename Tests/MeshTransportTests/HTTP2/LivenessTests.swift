#if Transport
import Testing

@testable import MeshTransport

@Suite struct LivenessTests {
    @Test func asksOnlyWhileThereAreStreams() {
        var liveness = Liveness()
        #expect(liveness.check(hasStreams: false) == .rest)
        #expect(liveness.check(hasStreams: true) == .ask)
    }

    @Test func whoDoesNotAnswerIsGone() {
        var liveness = Liveness()
        #expect(liveness.check(hasStreams: true) == .ask)
        #expect(liveness.check(hasStreams: true) == .gone)
    }

    @Test func whoDoesNotAnswerIsGoneAlsoWhenTheLastStreamHasEnded() {
        var liveness = Liveness()
        #expect(liveness.check(hasStreams: true) == .ask)
        #expect(liveness.check(hasStreams: false) == .gone)
    }

    @Test func whateverIsHeardIsAnAnswer() {
        var liveness = Liveness()
        #expect(liveness.check(hasStreams: true) == .ask)
        liveness.heard()
        #expect(liveness.check(hasStreams: true) == .wait)
        #expect(liveness.check(hasStreams: true) == .ask)
        liveness.heard()
        #expect(liveness.check(hasStreams: false) == .rest)
    }

    @Test func whatWasHeardBeforeTheQuestionIsNoAnswer() {
        var liveness = Liveness()
        liveness.heard()
        #expect(liveness.check(hasStreams: true) == .ask)
        #expect(liveness.check(hasStreams: true) == .gone)
    }
}
#endif
