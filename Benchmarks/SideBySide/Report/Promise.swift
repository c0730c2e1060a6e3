#if AsyncHTTPClient && Transport
/// A ratio between two clients that the project promises. To check one changes no figure.
struct Promise: Sendable {
    enum Quantity: String, Codable, Sendable {
        case rps, p50
    }

    enum Bound: Sendable {
        case atLeast(Double)
        case atMost(Double)
    }

    /// How a run compares with it.
    struct Verdict: Sendable {
        let promise: Promise
        /// The median of the ratios of the rounds; nil if one of the two was not measured at this level.
        let ratio: Double?

        var isMet: Bool? {
            ratio.map { ratio in
                switch promise.bound {
                case .atLeast(let bound): ratio >= bound
                case .atMost(let bound): ratio <= bound
                }
            }
        }
    }

    let client: String
    let reference: String
    let inFlight: Int
    let quantity: Quantity
    let bound: Bound

    static let all =
        ofTheTransport("mesh-native") + ofTheTransport("mesh-native-loops") + [
            Promise("mesh-native-mtls", to: "ahc-tls", inFlight: 64, .rps, .atLeast(2.0)),
            Promise("mesh-native-h2", to: "ahc-h2", inFlight: 64, .rps, .atLeast(1.5)),
            Promise("mesh-ahc", to: "ahc", inFlight: 64, .rps, .atLeast(0.95)),
            Promise("mesh-ahc", to: "ahc", inFlight: 1, .p50, .atMost(1.05)),
        ]

    private static func ofTheTransport(_ client: String) -> [Promise] {
        [
            Promise(client, to: "ahc", inFlight: 64, .rps, .atLeast(2.2)),
            Promise(client, to: "ahc", inFlight: 1, .p50, .atMost(0.60)),
            Promise(client, to: "tower", inFlight: 8, .rps, .atLeast(1.0)),
            Promise(client, to: "tower", inFlight: 64, .rps, .atLeast(1.0)),
            Promise(client, to: "ahc-envoy", inFlight: 64, .rps, .atLeast(5.0)),
        ]
    }

    private init(_ client: String, to reference: String, inFlight: Int, _ quantity: Quantity, _ bound: Bound) {
        self.client = client
        self.reference = reference
        self.inFlight = inFlight
        self.quantity = quantity
        self.bound = bound
    }

    func verdict(on rounds: Rounds) -> Verdict {
        let quantity: (Measurement) -> Double =
            switch quantity {
            case .rps: \.rps
            case .p50: \.p50Us
            }
        return Verdict(
            promise: self,
            ratio: rounds.ratio(of: quantity, client, to: reference, at: inFlight)?.median
        )
    }
}
#endif
