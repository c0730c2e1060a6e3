import MeshCore

/// How long requests took lately, sorted by how many others were in flight when they came.
///
/// For each load up to 15 on its own, above that for each eighth of a power of two up to 65,535, the last 16 latencies: 112
/// rings, 14 KB in all, whatever the load.
struct RecentLatencies: Sendable {
    private static let ringSize = 16
    static let ringCount = 112

    private struct Sample {
        /// In nanoseconds; negative where there is none yet.
        var latency: Float = -1
        /// In units of 2^20 ns, about a millisecond. 32 bits last for 52 days; what is older looks younger, once.
        var endedAt: UInt32 = 0
    }

    private var samples = ContiguousArray(repeating: Sample(), count: ringCount * ringSize)
    private var next = ContiguousArray(repeating: UInt8(0), count: ringCount)
    /// What the median is taken of: room for two rings.
    private var scratch: ContiguousArray<Float> = []
    private let window: UInt32

    /// - Parameter window: How long a latency counts, to within two milliseconds.
    init(window: Duration) {
        self.window = UInt32(clamping: max(window.clampedNanoseconds, 0) >> 20 + 1)
        scratch.reserveCapacity(2 * Self.ringSize)
    }

    /// Takes the latency of a request that ended at `now`.
    ///
    /// - Complexity: O(1)
    mutating func record(_ latency: Duration, at load: Int, now: MeshInstant) {
        let ring = Self.ring(of: load)
        samples[ring * Self.ringSize + Int(next[ring])] = Sample(
            latency: Float(max(latency, .zero).clampedNanoseconds),
            endedAt: Self.stamp(of: now)
        )
        next[ring] = (next[ring] + 1) % UInt8(Self.ringSize)
    }

    /// The median of the latencies at the nearest load at which there are some; of two in the middle the longer one. Two
    /// loads that are equally far count together.
    ///
    /// - Returns: `nil` if no request has ended within the window.
    /// - Complexity: O(number of rings) at worst, O(1) where requests of this load end all the time.
    mutating func median(at load: Int, now: MeshInstant) -> Duration? {
        let middle = Self.ring(of: load)
        for distance in 0..<Self.ringCount {
            scratch.removeAll(keepingCapacity: true)
            collect(middle - distance, at: now)
            if distance > 0 { collect(middle + distance, at: now) }
            guard !scratch.isEmpty else { continue }
            scratch.sort()
            return .nanoseconds(Int64(min(scratch[scratch.count / 2], 9e18)))
        }
        return nil
    }

    private mutating func collect(_ ring: Int, at now: MeshInstant) {
        guard (0..<Self.ringCount).contains(ring) else { return }
        let stamp = Self.stamp(of: now)
        for sample in samples[ring * Self.ringSize..<(ring + 1) * Self.ringSize] where sample.latency >= 0 {
            // A request of another thread may have ended a little later than now.
            let age = Int32(bitPattern: stamp &- sample.endedAt)
            if age < 0 || UInt32(age) <= window { scratch.append(sample.latency) }
        }
    }

    static func ring(of load: Int) -> Int {
        guard load >= 16 else { return max(load, 0) }
        let load = min(load, 65_535)
        let exponent = Int.bitWidth - 1 - load.leadingZeroBitCount
        return 16 + (exponent - 4) * 8 + (load >> (exponent - 3)) & 7
    }

    private static func stamp(of now: MeshInstant) -> UInt32 { UInt32(truncatingIfNeeded: now.nanoseconds >> 20) }
}
