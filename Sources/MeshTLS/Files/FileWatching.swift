#if TLS
import MeshCore

/// Looks at some files again and again, and delivers what they hold whenever that has changed.
///
/// Contents are compared, not times of change: the files are small, and a comparison cannot be fooled by a coarse clock, a
/// reused inode or a link that was swapped.
struct FileWatching<Value: Sendable>: Sendable {
    private enum Finding: Hashable {
        case contents([[UInt8]])
        case failure(CredentialSourceError)
    }

    let paths: [String]
    let policy: RefreshPolicy
    let clock: MeshClock
    let wallClock: @Sendable () -> WallTime
    let random: RandomSource
    /// Makes something of the contents, in the order of the paths.
    let read: @Sendable ([[UInt8]]) throws -> Value
    let validity: @Sendable (Value) -> Validity?

    /// Runs until the task is cancelled. Files are read and parsed on the global executor.
    func run(_ deliver: @escaping @Sendable (Result<Value, any Error>) -> Void) async {
        let schedule = RefreshSchedule(policy: policy)
        var settling = Settling<Finding>()
        var generator = random.makeGenerator()
        var inForce: Validity?
        var hasDelivered = false
        while !Task.isCancelled {
            let finding = await look()
            let verdict = settling.saw(finding, isProtecting: hasDelivered)
            if verdict == .counts {
                let result = await value(of: finding)
                if case .success(let value) = result {
                    inForce = validity(value)
                    hasDelivered = true
                }
                deliver(result)
            }
            let pause = schedule.pause(
                isSettling: verdict == .settling || !hasDelivered,
                validity: inForce,
                now: wallClock(),
                using: &generator
            )
            do { try await clock.sleep(for: pause) } catch { return }
        }
    }

    @concurrent
    private func look() async -> Finding {
        do throws(CredentialSourceError) {
            var contents: [[UInt8]] = []
            for path in paths { contents.append(try MaterialFile.read(path)) }
            return .contents(contents)
        } catch {
            return .failure(error)
        }
    }

    @concurrent
    private func value(of finding: Finding) async -> Result<Value, any Error> {
        switch finding {
        case .contents(let contents):
            do {
                return .success(try read(contents))
            } catch {
                return .failure(CredentialSourceError(source: paths.joined(separator: ", "), reason: "\(error)"))
            }
        case .failure(let error):
            return .failure(error)
        }
    }
}
#endif
