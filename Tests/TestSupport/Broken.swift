/// An error that says nothing of itself.
public struct Broken: Error {
    /// Creates the error.
    public init() {}
}
