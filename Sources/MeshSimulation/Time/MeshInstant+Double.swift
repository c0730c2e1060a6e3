import MeshCore

extension MeshInstant {
    /// So many nanoseconds later, rounded down; `distantFuture`, which never comes, if that is later than any clock can tell.
    func advanced(byNanoseconds nanoseconds: Double) -> MeshInstant {
        guard nanoseconds < 0x1p63 else { return .distantFuture }
        return advanced(by: .nanoseconds(Int64(max(0, nanoseconds))))
    }
}
