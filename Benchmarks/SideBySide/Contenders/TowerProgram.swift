#if AsyncHTTPClient && Transport
import Foundation

/// Rust's tower and hyper: a program of our own in the folder `Tower`, built from Debian's packages without the network.
struct TowerProgram: PeerProgram {
    let peers = ["tower and hyper of Debian's librust packages"]
    private let program: String
    private let addresses: [String]

    init(addresses: [String]) throws {
        self.addresses = addresses
        program = try Self.built()
    }

    func measure(_ job: Job) throws -> Measurement {
        guard case .closed(let inFlight) = job.load else { throw KeepsNoRate(client: "tower") }
        let arguments = [addresses.joined(separator: ","), "\(inFlight)", "\(job.seconds)", job.load.path]
        let output = try Command.output(of: Command.process(program, arguments))
        return try JSONDecoder().decode(Measurement.self, from: Data(output.utf8))
    }

    /// Builds it in the user's cache folder, which takes half a minute the first time and nothing after that.
    private static func built() throws -> String {
        let files = FileManager.default
        guard let cargo = Command.find("cargo"), files.fileExists(atPath: "/usr/share/cargo/registry"),
            try files.contentsOfDirectory(atPath: "/usr/share/cargo/registry").contains(where: {
                $0.hasPrefix("tower-0")
            })
        else { throw MissingPeer(install: Install.tower) }

        let caches = try files.url(for: .cachesDirectory, in: .userDomainMask, appropriateFor: nil, create: true)
        let folder = caches.appending(path: "swift-service-mesh/sidebyside-tower")
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../Tower")
            .standardized
        try copyWhatDiffers(from: sources, to: folder)
        Progress.say("building tower's program in \(folder.path)")
        let build = Command.process(cargo, ["build", "--release", "--offline", "--quiet"])
        build.currentDirectoryURL = folder
        _ = try Command.output(of: build)
        return folder.appending(path: "target/release/sidebyside-tower").path
    }

    /// Cargo builds what has a new date: files that are the same keep theirs.
    private static func copyWhatDiffers(from source: URL, to target: URL) throws {
        let files = FileManager.default
        for path in [".cargo/config.toml", "Cargo.toml"] + (try files.subpathsOfDirectory(atPath: source.path)) {
            guard path.hasSuffix(".rs") || path.hasSuffix(".toml") else { continue }
            let text = try Data(contentsOf: source.appending(path: path))
            let copy = target.appending(path: path)
            guard (try? Data(contentsOf: copy)) != text else { continue }
            try files.createDirectory(at: copy.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: copy)
        }
    }
}
#endif
