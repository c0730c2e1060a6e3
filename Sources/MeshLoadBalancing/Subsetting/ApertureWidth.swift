import MeshCore

/// How many endpoints an aperture should hold, by the calls in flight.
struct ApertureWidth: Sendable {
    /// How many it should hold now.
    private(set) var endpoints: Int

    private let band: LoadBand
    private let minimum: Int
    private var inFlight: DecayingAverage

    init(_ band: LoadBand, minimum: Int) {
        self.band = band
        self.minimum = minimum
        endpoints = minimum
        inFlight = DecayingAverage(decay: band.window)
    }

    /// Takes in how many calls are in flight, of all endpoints together.
    ///
    /// Finagle widens or narrows by one with every call that begins or ends, as long as the load is outside the band. This
    /// looks less often, and goes at once to where those steps would have led.
    ///
    /// - Parameter maximum: How many endpoints there are.
    /// - Returns: How many endpoints the aperture should hold.
    mutating func observe(inFlight count: Int, of maximum: Int, at now: MeshInstant) -> Int {
        let average = inFlight.observe(Double(count), at: now)
        let load = average / Double(endpoints)
        var wanted = Double(endpoints)
        if load >= band.high {
            wanted = (average / band.high).rounded(.down) + 1
        } else if load <= band.low {
            // Not so far that it would have to grow again: with few endpoints a single one is a wide step.
            wanted = max((average / band.low).rounded(.up) - 1, min(wanted, (average / band.high).rounded(.down) + 1))
        }
        let most = max(1, maximum)
        endpoints = max(Int(min(wanted, Double(most))), min(minimum, most))
        return endpoints
    }
}
