#if TLS
import MeshCore
import X509

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A moment of the wall clock in whole seconds since 1970: what certificates are dated in.
struct WallTime: Hashable, Comparable, Sendable, CustomStringConvertible {
    let seconds: Int64

    static func < (lhs: WallTime, rhs: WallTime) -> Bool { lhs.seconds < rhs.seconds }

    static func now() -> WallTime { WallTime(Date()) }

    init(seconds: Int64) {
        self.seconds = seconds
    }

    init(_ date: Date) {
        seconds = Int64(date.timeIntervalSince1970.rounded(.down))
    }

    func duration(to other: WallTime) -> Duration { .seconds(other.seconds - seconds) }

    var description: String { Date(timeIntervalSince1970: Double(seconds)).description }
}

/// When a chain is valid: what is common to its certificates.
struct Validity: Hashable, Sendable {
    let start: WallTime
    let end: WallTime

    init(start: WallTime, end: WallTime) {
        self.start = start
        self.end = end
    }

    init(of chain: [Certificate]) {
        start = chain.map { WallTime($0.notValidBefore) }.max() ?? WallTime(seconds: 0)
        end = chain.map { WallTime($0.notValidAfter) }.min() ?? WallTime(seconds: 0)
    }

    var length: Duration { start.duration(to: end) }
}
#endif
