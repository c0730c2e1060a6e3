import MeshCore

/// Which of two sources counts: the first, and the other when the first has been without a good answer for too long.
struct FallbackSelection: Sendable {
    private enum Patience {
        /// The first source works.
        case unneeded
        /// The first source has failed or said nothing yet, and may recover until then.
        case until(MeshInstant)
        /// The other source is to be used as soon as it has an answer.
        case over
    }

    private enum Side { case first, other }

    private let grace: Duration
    private var patience: Patience
    private var inUse = Side.first
    private var firstHasAnswered = false
    private var lastGoodOfOther: EndpointSet?
    private var failureOfOther: ResolutionError?

    init(grace: Duration, startingAt now: MeshInstant) {
        self.grace = grace
        patience = .until(now.advanced(by: grace))
    }

    /// When ``settle(at:)`` should be called at the latest.
    var alarm: MeshInstant? {
        if case .until(let instant) = patience { instant } else { nil }
    }

    /// Takes an answer of the first source and says what to yield.
    mutating func receiveFirst(_ resolution: Resolution, at now: MeshInstant) -> [Resolution] {
        switch resolution {
        case .endpoints:
            firstHasAnswered = true
            patience = .unneeded
            inUse = .first
            return [resolution]
        case .failure:
            // The failure that led to the other source was yielded; while that one serves there is nothing to report.
            if inUse == .other { return [] }
            if !firstHasAnswered {
                // There is no last good set that would be worth waiting for.
                patience = .until(now)
            } else if case .unneeded = patience {
                patience = .until(now.advanced(by: grace))
            }
            return [resolution] + settle(at: now)
        }
    }

    /// Takes an answer of the other source and says what to yield.
    mutating func receiveOther(_ resolution: Resolution, at now: MeshInstant) -> [Resolution] {
        switch resolution {
        case .endpoints(let set): (lastGoodOfOther, failureOfOther) = (set, nil)
        case .failure(let error): failureOfOther = error
        }
        if inUse == .other { return [resolution] }
        guard case .over = patience else { return settle(at: now) }
        return useOther()
    }

    /// Turns to the other source if the first has had its time.
    mutating func settle(at now: MeshInstant) -> [Resolution] {
        guard case .until(let instant) = patience, instant <= now else { return [] }
        patience = .over
        return useOther()
    }

    private mutating func useOther() -> [Resolution] {
        if let lastGoodOfOther {
            inUse = .other
            return [.endpoints(lastGoodOfOther)]
        }
        return failureOfOther.map { [.failure($0)] } ?? []
    }
}
