import MeshCore
import Synchronization

/// The weight of one endpoint by its reports, which many threads record while one reads: the state machine of gRFC A58,
/// "Subchannel Weights", without a lock.
///
/// In A58 only a look at the weight finds out that it has expired. Here a report does, too, so that nobody has to look while
/// there are no calls.
///
/// Of several reports in a millisecond the first is kept. The weights are read once in a second, so nobody would see the
/// others, and the threads that bring them do not fight over a cache line.
///
/// The three words are written one after the other, and a reader may see some of them late. What comes of it is a weight
/// that belongs to another report of the same moment, or a blackout that begins one report later than it could.
final class ReportedLoad: Sendable {
    /// What is known about the weight.
    enum Reading: Hashable, Sendable {
        /// It counts.
        case usable(Double)
        /// There is no report, or there have not been any for long enough.
        case notYetUsable
        /// The last report is too old.
        case expired

        /// The weight, if it counts.
        var weight: Double? {
            if case .usable(let weight) = self { weight } else { nil }
        }
    }

    /// Reports that come sooner after the last one are dropped.
    static let granularity = Duration.milliseconds(1)

    /// Stands for no instant.
    private static let never = UInt64.max

    private let weight = Atomic<UInt64>(0)
    private let lastUpdate = Atomic<UInt64>(never)
    private let reportingSince = Atomic<UInt64>(never)
    // Keeps what other threads read off the line that reports write.
    private let padding = CachePadding()

    init() {}

    /// Whether a report at `now` would be kept: to be asked before one is read from a header. One load.
    func takesReport(at now: MeshInstant) -> Bool {
        let last = lastUpdate.load(ordering: .relaxed)
        return last == Self.never || now.nanoseconds >= last &+ UInt64(Self.granularity.clampedNanoseconds)
    }

    /// Takes a report that came at `now`, from any thread. One without load or without requests says nothing.
    ///
    /// At most three atomic operations. Does not allocate, does not wait.
    func record(_ report: LoadReport, by parameters: ReportedWeights, at now: MeshInstant) {
        guard takesReport(at: now), let new = parameters.weight(of: report) else { return }
        let last = lastUpdate.load(ordering: .relaxed)
        let isExpired =
            last != Self.never && MeshInstant(nanoseconds: last).duration(to: now) >= parameters.expirationPeriod
        if isExpired || reportingSince.load(ordering: .relaxed) == Self.never {
            reportingSince.store(now.nanoseconds, ordering: .relaxed)
        }
        weight.store(new.bitPattern, ordering: .relaxed)
        // Last, and releasing: who sees this instant sees a weight that is as new.
        lastUpdate.store(now.nanoseconds, ordering: .releasing)
    }

    /// The endpoint can be asked again after a time when it could not: the blackout begins anew.
    func reset() {
        reportingSince.store(Self.never, ordering: .relaxed)
    }

    /// What counts at `now`. Of one thread at a time.
    func reading(by parameters: ReportedWeights, at now: MeshInstant) -> Reading {
        let last = lastUpdate.load(ordering: .acquiring)
        guard last != Self.never else { return .notYetUsable }
        guard MeshInstant(nanoseconds: last).duration(to: now) < parameters.expirationPeriod else {
            reportingSince.store(Self.never, ordering: .relaxed)
            return .expired
        }
        if parameters.blackoutPeriod > .zero {
            let since = reportingSince.load(ordering: .relaxed)
            guard since != Self.never,
                MeshInstant(nanoseconds: since).duration(to: now) >= parameters.blackoutPeriod
            else { return .notYetUsable }
        }
        return .usable(Double(bitPattern: weight.load(ordering: .relaxed)))
    }
}
