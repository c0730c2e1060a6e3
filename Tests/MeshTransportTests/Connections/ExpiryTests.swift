#if Transport
import NIOCore
import Testing

@testable import MeshTransport

/// How old connections get.
@Suite struct ExpiryTests {
    @Test func isUpToATenthLessThanTheMaximumAgeAndSpread() {
        let settings = TransportSettings(NativeTransport.Configuration(maximumAge: .seconds(600)))
        let now = NIODeadline.uptimeNanoseconds(1 << 40)
        let ages = (0..<10_000).map { _ in (settings.expiry(from: now) - now).nanoseconds }
        let (least, most): (Int64, Int64) = (540_000_000_000, 600_000_000_000)
        #expect(ages.allSatisfy { (least...most).contains($0) })
        // In each tenth of the range about a tenth of them: far more than 7 standard deviations of a fair draw are allowed.
        var counts = Array(repeating: 0, count: 10)
        for age in ages { counts[min(9, Int((age - least) * 10 / (most - least)))] += 1 }
        #expect(counts.allSatisfy { (790...1210).contains($0) }, "\(counts)")
    }

    @Test func holdsForShortAges() {
        let settings = TransportSettings(NativeTransport.Configuration(maximumAge: .milliseconds(1)))
        let now = NIODeadline.uptimeNanoseconds(1 << 40)
        for _ in 0..<1000 {
            let age = (settings.expiry(from: now) - now).nanoseconds
            #expect((900_000...1_000_000).contains(age))
        }
    }
}
#endif
