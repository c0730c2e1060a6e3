import MeshCore

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// Which share of the calls to an endpoint has failed lately: see ``Prequal/failureHalfLife``.
///
/// A moving average in which a call counts a quarter. It fades with time, because nobody calls an endpoint that is known to
/// fail, and it must be tried again. Only endpoints that have failed are kept, at most 64; of more the one that has failed
/// least is forgotten.
struct FailureShares: Sendable {
    /// Above this share an endpoint is not chosen.
    static let limit: Float = 0.5

    private static let capacity = 64
    private static let weight: Float = 0.25
    /// Two failures fade to this in five half-lives.
    private static let negligible: Float = 0.02

    private struct Record {
        let target: UInt32
        var share: Float
        var at: MeshInstant
    }

    private var records: ContiguousArray<Record> = []
    private let halfLivesPerNanosecond: Float

    init(halfLife: Duration) {
        halfLivesPerNanosecond = 1 / Float(halfLife.clampedNanoseconds)
        records.reserveCapacity(Self.capacity)
    }

    /// Whether nobody has failed lately.
    var isEmpty: Bool { records.isEmpty }

    /// The share that counts at `now`.
    func share(of target: UInt32, at now: MeshInstant) -> Float {
        guard let record = records.first(where: { $0.target == target }) else { return 0 }
        return faded(record, at: now)
    }

    /// Takes the end of a call; one that says nothing changes nothing.
    ///
    /// - Returns: The share that counts now; `nil` if it has not changed.
    mutating func record(_ verdict: Outcome.Verdict, of target: UInt32, at now: MeshInstant) -> Float? {
        let index = records.firstIndex { $0.target == target }
        let old = index.map { faded(records[$0], at: now) } ?? 0
        switch verdict {
        case .inconclusive:
            return nil
        case .success:
            guard let index else { return nil }
            let share = old * (1 - Self.weight)
            guard share > Self.negligible else {
                records.swapAt(index, records.count - 1)
                records.removeLast()
                return 0
            }
            records[index].share = share
            records[index].at = now
            return share
        case .failure, .overloaded:
            let share = old + (1 - old) * Self.weight
            let record = Record(target: target, share: share, at: now)
            if let index {
                records[index] = record
            } else if records.count < Self.capacity {
                records.append(record)
            } else if let least = records.indices.min(by: { faded(records[$0], at: now) < faded(records[$1], at: now) })
            {
                records[least] = record
            }
            return share
        }
    }

    /// Forgets endpoints that have left.
    mutating func retain(where isPresent: (UInt32) -> Bool) {
        records.removeAll { !isPresent($0.target) }
    }

    private func faded(_ record: Record, at now: MeshInstant) -> Float {
        record.share * exp2f(-Float(now.nanoseconds(since: record.at)) * halfLivesPerNanosecond)
    }
}
