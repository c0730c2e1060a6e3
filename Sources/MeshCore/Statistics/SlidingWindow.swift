/// Counts successes and failures of the last while, exactly: a ring of buckets, each for one slice of the time.
///
/// Unlike an average weighted by the time between samples, a count cannot hide a burst of failures that all arrive in
/// the same millisecond. An idle gap longer than the window empties it.
public struct SlidingWindow: Hashable, Sendable {
    private struct Bucket: Hashable {
        var successes: UInt32 = 0
        var failures: UInt32 = 0
    }

    private var buckets: [Bucket]
    private let bucketNanoseconds: UInt64
    /// The bucket that counts now, and when the next one takes over: neither costs a division on every call.
    private var head = 0
    private var headEnd: UInt64

    /// How many successes are in the window as of the last ``recordSuccess(at:)`` or ``advance(to:)``.
    public private(set) var successes = 0
    /// How many failures are in it.
    public private(set) var failures = 0

    /// Creates an empty window.
    ///
    /// - Parameters:
    ///   - duration: How far it looks back, to within one bucket.
    ///   - buckets: How many slices it is made of.
    /// - Precondition: `duration` is at least a nanosecond for each bucket, and there is a bucket.
    public init(_ duration: Duration, buckets: Int = 10) {
        precondition(buckets > 0, "a window needs a bucket")
        let nanoseconds = duration.clampedNanoseconds / Int64(buckets)
        precondition(nanoseconds > 0, "a window of \(duration) is too short for \(buckets) buckets")
        self.buckets = Array(repeating: Bucket(), count: buckets)
        self.bucketNanoseconds = UInt64(nanoseconds)
        self.headEnd = UInt64(nanoseconds)
    }

    /// When the bucket that counts now has had its time: until then a success changes nothing but ``successes``.
    public var bucketEnd: MeshInstant { MeshInstant(nanoseconds: headEnd) }

    /// The number of observations in the window.
    public var total: Int { successes + failures }

    /// Drops what has grown too old by `now`. Time that goes back is ignored.
    ///
    /// - Complexity: O(buckets) at most, O(1) while time stays within a bucket.
    public mutating func advance(to now: MeshInstant) {
        guard now.nanoseconds >= headEnd else { return }
        let steps = (now.nanoseconds - headEnd) / bucketNanoseconds + 1
        if steps >= UInt64(buckets.count) {
            removeAll()
        } else {
            for _ in 0..<steps {
                head = head + 1 == buckets.count ? 0 : head + 1
                successes -= Int(buckets[head].successes)
                failures -= Int(buckets[head].failures)
                buckets[head] = Bucket()
            }
        }
        let (end, overflow) = headEnd.addingReportingOverflow(steps * bucketNanoseconds)
        headEnd = overflow ? .max : end
    }

    /// Counts one success at `now`; a bucket that has counted 4,294,967,295 counts no more.
    public mutating func recordSuccess(at now: MeshInstant) {
        advance(to: now)
        guard buckets[head].successes < .max else { return }
        buckets[head].successes += 1
        successes += 1
    }

    /// Counts successes that were seen before ``bucketEnd``.
    public mutating func addSuccesses(_ count: Int) {
        let counted = min(count, Int(UInt32.max - buckets[head].successes))
        buckets[head].successes += UInt32(counted)
        successes += counted
    }

    /// Counts one failure at `now`; a bucket that has counted 4,294,967,295 counts no more.
    public mutating func recordFailure(at now: MeshInstant) {
        advance(to: now)
        guard buckets[head].failures < .max else { return }
        buckets[head].failures += 1
        failures += 1
    }

    /// Forgets everything.
    public mutating func removeAll() {
        for index in buckets.indices { buckets[index] = Bucket() }
        successes = 0
        failures = 0
    }
}
