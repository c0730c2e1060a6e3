import MeshCore

/// What several sources know together.
struct MergedAnswers: Sendable {
    private struct Source {
        var lastGood: EndpointSet?
        var newest: Resolution?
    }

    private var sources: [Source]

    init(count: Int) {
        sources = Array(repeating: Source(), count: count)
    }

    /// Takes an answer of one source and says what the answer of all is now.
    ///
    /// - Complexity: O(n) in the size of all sets.
    mutating func receive(_ resolution: Resolution, from source: Int) -> Resolution {
        sources[source].newest = resolution
        if case .endpoints(let set) = resolution { sources[source].lastGood = set }

        var failures: [ResolutionError] = []
        var someoneWorks = false
        for source in sources {
            switch source.newest {
            case .endpoints: someoneWorks = true
            case .failure(let error): failures.append(error)
            case nil: break
            }
        }
        if someoneWorks {
            return .endpoints(EndpointSet(sources.lazy.compactMap(\.lastGood).flatMap(\.endpoints)))
        }
        guard let first = failures.first, failures.count > 1 else {
            return .failure(failures.first ?? ResolutionError(source: "merged resolvers", reason: "none has answered"))
        }
        return .failure(
            ResolutionError(
                source: first.source,
                reason: first.reason + failures.dropFirst().map { "; \($0)" }.joined()
            )
        )
    }
}
