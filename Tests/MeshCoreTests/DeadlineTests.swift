import MeshCore
import Testing

@Suite("Deadlines")
struct DeadlineTests {
    private let now = MeshInstant(nanoseconds: 1_000_000_000)

    @Test("a timeout of zero or less has expired at once")
    func zero() {
        for timeout in [Duration.zero, .nanoseconds(-1), .seconds(Int64.min)] {
            #expect(Deadline.after(timeout, from: now) == Deadline(now))
            #expect(Deadline.after(timeout, from: now).hasExpired(at: now))
        }
    }

    @Test("a deadline has expired from its instant on")
    func expiry() {
        let deadline = Deadline.after(.seconds(1), from: now)
        #expect(!deadline.hasExpired(at: MeshInstant(nanoseconds: 1_999_999_999)))
        #expect(deadline.hasExpired(at: MeshInstant(nanoseconds: 2_000_000_000)))
        #expect(deadline.remaining(at: now) == .seconds(1))
        #expect(deadline.remaining(at: MeshInstant(nanoseconds: 5_000_000_000)) == .zero)
    }

    @Test("no deadline never expires before the end of time, and is later than any other")
    func none() {
        #expect(!Deadline.none.isFinite)
        #expect(!Deadline.none.hasExpired(at: now))
        #expect(Deadline.none.remaining(at: now) == nil)
        let far = Deadline.after(.seconds(Int64.max), from: now)
        #expect(far.isFinite)
        #expect(far < .none)
        #expect(min(far, Deadline(now)) == Deadline(now))
    }

    @Test("a task inherits a deadline only inside its scope")
    func inherited() async {
        #expect(Deadline.inherited == .none)
        let deadline = Deadline(now)
        await Deadline.$inherited.withValue(deadline) {
            #expect(Deadline.inherited == deadline)
            async let child = Deadline.inherited
            #expect(await child == deadline)
        }
        #expect(Deadline.inherited == .none)
    }
}
