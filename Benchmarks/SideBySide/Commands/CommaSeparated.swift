#if AsyncHTTPClient && Transport
import ArgumentParser

/// An option's value like `1,8,64`. At least one element.
struct CommaSeparated<Element: ExpressibleByArgument & Hashable & Sendable>: ExpressibleByArgument, Sendable {
    let values: [Element]

    init(_ values: [Element]) {
        self.values = values
    }

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        values = parts.compactMap { Element(argument: String($0)) }
        guard values.count == parts.count else { return nil }
    }

    var defaultValueDescription: String {
        values.map(\.defaultValueDescription).joined(separator: ",")
    }

    var areDistinct: Bool { Set(values).count == values.count }
}
#endif
