import MeshCore
import Testing

@Suite("Instants")
struct MeshInstantTests {
    @Test(
        "moving an instant stops at the ends of time",
        arguments: [
            (0, Duration.seconds(1), UInt64(1_000_000_000)),
            (1_000_000_000, .seconds(-1), 0),
            (999_999_999, .seconds(-1), 0),
            (5, .zero, 5),
            (5, .nanoseconds(-3), 2),
            (5, .seconds(Int64.min), 0),
            (5, .seconds(Int64.max), 5 + UInt64(Int64.max)),
            (UInt64.max - 1, .nanoseconds(1), .max),
            (UInt64.max - 1, .nanoseconds(2), .max),
            (UInt64.max, .nanoseconds(-1), .max - 1),
        ] as [(UInt64, Duration, UInt64)]
    )
    func advanced(start: UInt64, by duration: Duration, expected: UInt64) {
        #expect(MeshInstant(nanoseconds: start).advanced(by: duration).nanoseconds == expected)
    }

    @Test("a distance has a sign, an elapsed time has none")
    func distance() {
        let early = MeshInstant(nanoseconds: 10)
        let late = MeshInstant(nanoseconds: 17)
        #expect(early.duration(to: late) == .nanoseconds(7))
        #expect(late.duration(to: early) == .nanoseconds(-7))
        #expect(late.nanoseconds(since: early) == 7)
        #expect(early.nanoseconds(since: late) == 0)
        #expect(MeshInstant.zero.duration(to: .distantFuture) == .nanoseconds(Int64.max))
        #expect(MeshInstant.distantFuture.duration(to: .zero) == .nanoseconds(-Int64.max))
        #expect(early < late && !(late < early) && !(early < early))
    }

    @Test(
        "a duration in nanoseconds is clamped, and rounded towards zero",
        arguments: [
            (Duration.zero, Int64(0)),
            (.nanoseconds(1), 1),
            (Duration(secondsComponent: 0, attosecondsComponent: 1_999_999_999), 1),
            (Duration(secondsComponent: 0, attosecondsComponent: -1_999_999_999), -1),
            (.milliseconds(-1_500), -1_500_000_000),
            (.seconds(9_223_372_036), 9_223_372_036_000_000_000),
            (.seconds(9_223_372_037), .max),
            (.seconds(-9_223_372_037), .min),
            (.seconds(Int64.max), .max),
            (.seconds(Int64.min), .min),
            (Duration(secondsComponent: 9_223_372_036, attosecondsComponent: 900_000_000_000_000_000), .max),
        ] as [(Duration, Int64)]
    )
    func clamped(duration: Duration, expected: Int64) {
        #expect(duration.clampedNanoseconds == expected)
    }

    @Test("a duration in seconds")
    func seconds() {
        #expect(Duration.milliseconds(1_500).inSeconds == 1.5)
        #expect(Duration.milliseconds(-250).inSeconds == -0.25)
    }
}
