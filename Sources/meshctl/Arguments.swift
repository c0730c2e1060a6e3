#if TLS
import ArgumentParser
import Foundation
import MeshTLS

/// A trust domain on the command line.
struct DomainArgument: ExpressibleByArgument {
    let trustDomain: TrustDomain

    var defaultValueDescription: String { trustDomain.name }

    init(trustDomain: TrustDomain) {
        self.trustDomain = trustDomain
    }

    init?(argument: String) {
        guard let trustDomain = try? TrustDomain(argument) else { return nil }
        self.trustDomain = trustDomain
    }
}

/// A span of time on the command line: 90d, 12h, 30m, 45s.
struct Lifetime: ExpressibleByArgument, CustomStringConvertible {
    let seconds: TimeInterval
    let description: String

    var defaultValueDescription: String { description }

    init(days: Int) {
        seconds = TimeInterval(days) * 86_400
        description = "\(days)d"
    }

    init?(argument: String) {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = argument.last.flatMap({ units[$0] }), let count = UInt32(argument.dropLast()), count > 0,
            Double(count) * unit <= 100 * 365 * 86_400
        else { return nil }
        seconds = Double(count) * unit
        description = argument
    }
}
#endif
