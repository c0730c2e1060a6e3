public import MeshCore

/// Why a body came to no end in virtual time.
public enum VirtualTimeError: Error, Hashable, CustomStringConvertible {
    /// Nothing is ready and nobody sleeps, yet the body has not ended: it waits for another thread, a socket, or a
    /// continuation that nobody will resume.
    case stuck(at: MeshInstant)
    /// Jobs came from another thread, so that the order of events is left to chance: something does not run on the executor
    /// of its clock.
    case leftThread(jobs: Int)

    /// A sentence for a person.
    public var description: String {
        switch self {
        case .stuck(let instant):
            "nothing is left to happen in virtual time at \(instant.nanoseconds) ns, but the body has not ended; "
                + "does it wait for another thread?"
        case .leftThread(let jobs):
            "\(jobs) jobs came from another thread, so the run is not reproducible; "
                + "give tasks of your own the executor preference of their clock"
        }
    }
}
