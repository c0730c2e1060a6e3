import MeshCore
import Testing

@testable import MeshLoadBalancing

@Suite("The width of an aperture")
struct ApertureWidthTests {
    @Test("it follows the calls in flight, by their average over the window, within its bounds")
    func follows() {
        var width = ApertureWidth(LoadBand(), minimum: 12)
        var now = MeshInstant.start
        #expect(width.observe(inFlight: 1, of: 1_000, at: now) == 12)
        var widths: [Int] = []
        for _ in 0..<1_200 {
            now = now + .milliseconds(100)
            widths.append(width.observe(inFlight: 100, of: 1_000, at: now))
        }
        // 1 second, 15 and 120: the average is 7.4, 63.6 and 99.97.
        #expect(widths[9] == 12)
        #expect(widths[149] == 57)
        #expect(widths[1_199] == 89)
        #expect(widths == widths.sorted())
        for _ in 0..<3_000 {
            now = now + .milliseconds(100)
            #expect(width.observe(inFlight: 2, of: 1_000, at: now) >= 12)
        }
        #expect(width.endpoints == 12)
    }

    @Test("inside the band it does not change")
    func band() {
        var width = ApertureWidth(LoadBand(window: .seconds(1)), minimum: 10)
        var now = MeshInstant.start
        func settle(_ count: Int) -> Int {
            for _ in 0..<50 {
                now = now + .seconds(1)
                _ = width.observe(inFlight: count, of: 1_000, at: now)
            }
            return width.endpoints
        }
        #expect(settle(100) == 89)
        // 0.9 to 1.12 for each of 89.
        #expect(settle(81) == 89)
        #expect(settle(99) == 89)
        #expect(settle(77) == 87)
        #expect(settle(5) == 10)
    }

    @Test("it never has more endpoints than there are, nor fewer than one")
    func bounds() {
        var width = ApertureWidth(LoadBand(window: .milliseconds(1)), minimum: 3)
        #expect(width.observe(inFlight: 1_000_000, of: 20, at: .start) == 20)
        #expect(width.observe(inFlight: 1_000_000, of: 5, at: .start + .seconds(1)) == 5)
        #expect(width.observe(inFlight: 0, of: 5, at: .start + .seconds(2)) == 3)
        #expect(width.observe(inFlight: 0, of: 2, at: .start + .seconds(3)) == 2)
        #expect(width.observe(inFlight: 0, of: 0, at: .start + .seconds(4)) == 1)
    }

    @Test("with few endpoints it does not swing to and fro")
    func steady() {
        var width = ApertureWidth(LoadBand(window: .milliseconds(1)), minimum: 1)
        var now = MeshInstant.start
        var widths: Set<Int> = []
        for step in 0..<100 {
            now = now + .seconds(1)
            // 1.2 on average, seen as it is at every step.
            let current = width.observe(inFlight: 1, of: 10, at: now)
            if step > 0 { widths.insert(current) }
        }
        #expect(widths == [1])
        var other = ApertureWidth(LoadBand(low: 0.9, high: 1.1, window: .milliseconds(1)), minimum: 1)
        widths = []
        for _ in 0..<100 {
            now = now + .seconds(1)
            widths.insert(other.observe(inFlight: 2, of: 10, at: now))
        }
        #expect(widths == [2])
    }

    @Test("it is looked at ten times a second at most, by one caller")
    func controller() {
        let controller = ApertureController(LoadBand(), minimum: 12)
        #expect(controller.isDue(at: .start))
        #expect(!controller.isDue(at: .start))
        #expect(!controller.isDue(at: .start + .milliseconds(99)))
        #expect(controller.isDue(at: .start + .milliseconds(100)))
        #expect(!controller.isDue(at: .start + .milliseconds(150)))
        let quick = ApertureController(LoadBand(window: .milliseconds(10)), minimum: 12)
        #expect(quick.isDue(at: .start))
        #expect(quick.isDue(at: .start + .milliseconds(1)))
    }
}
