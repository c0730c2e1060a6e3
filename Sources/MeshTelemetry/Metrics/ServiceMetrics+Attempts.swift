public import MeshCore

extension ServiceMetrics: AttemptObserver {
    /// An attempt is over: counts it as what its response was taken for, or as what its error or that of its body is.
    @inlinable
    public func attemptEnded(_ end: AttemptEnd, after nanoseconds: UInt64) {
        switch end {
        case .response(let verdict, .complete):
            attemptEnded(CallResult(ofResponseWith: verdict), after: nanoseconds)
        case .response(let verdict, let end):
            attemptEnded(CallResult(ofResponseWith: verdict).finished(end), after: nanoseconds)
        case .error(let error):
            attemptEnded(CallResult(of: error), after: nanoseconds)
        }
    }
}
