#if AsyncHTTPClient && Transport
import Foundation

/// A client in Swift: this program runs it in a process of its own.
struct SwiftContender: Contender {
    let client: String
    let addresses: [String]
    let credentials: Credentials
    /// The process whose use of the machine is reported beside the client's.
    var sidecar: Int32?

    func measure(_ job: Job) throws -> Measurement {
        var arguments = ["measure", client, addresses.joined(separator: ","), "--seconds", "\(job.seconds)"]
        arguments += ["--path", job.load.path, "--credentials", credentials.folder.path]
        switch job.load {
        case .closed(let inFlight): arguments += ["--in-flight", "\(inFlight)"]
        case .open(let rate): arguments += ["--rate", "\(rate)"]
        }
        if let sidecar { arguments += ["--sidecar", "\(sidecar)"] }
        return try JSONDecoder().decode(Measurement.self, from: Data(Command.ourselves(arguments).utf8))
    }
}
#endif
