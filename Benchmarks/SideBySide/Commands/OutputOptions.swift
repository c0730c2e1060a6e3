#if AsyncHTTPClient && Transport
import ArgumentParser

/// The options that every mode takes.
struct OutputOptions: ParsableArguments {
    @Option(help: "Who serves HTTP/2.")
    var h2Backend = Backends.HTTP2Server.nginx

    @Flag(help: "Print one JSON object instead of the Markdown tables.")
    var json = false
}

/// What the options may be.
enum Limits {
    static func check(seconds: Double, rounds: Int) throws {
        guard (0.1...600).contains(seconds) else { throw ValidationError("--seconds must be from 0.1 to 600") }
        guard (1...1000).contains(rounds) else { throw ValidationError("--rounds must be from 1 to 1000") }
    }
}

extension CommaSeparated<String> {
    /// The clients of these names.
    ///
    /// - Throws: `ValidationError` if one is unknown, unsuitable or there twice.
    func kinds(_ isSuitable: (ClientKind) -> Bool) throws -> [ClientKind] {
        guard areDistinct else { throw ValidationError("--clients takes each name once") }
        return try values.map { name in
            guard let kind = ClientKind.named(name), isSuitable(kind) else {
                let known = ClientKind.all.filter(isSuitable).map(\.name).joined(separator: ", ")
                throw ValidationError("there is no client \"\(name)\" for this; there are \(known)")
            }
            return kind
        }
    }
}
#endif
