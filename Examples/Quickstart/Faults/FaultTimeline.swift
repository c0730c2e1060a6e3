#if AsyncHTTPClient
/// Which server breaks when, and when it is well again. Times are shares of the run, so that it can be stretched.
struct FaultTimeline: Sendable {
    let windows: [Window]

    struct Window: Sendable {
        let server: Int
        let fault: Fault
        let time: Range<Double>
    }

    /// A change to make to a server at a moment of the run.
    struct Change: Sendable {
        let offset: Duration
        let server: Int
        /// `nil`: the server is well again.
        let fault: Fault?
    }

    /// In a run of 15 s: slow from 2 to 6 s, failing from 7 to 10 s, dead from 10.5 to 13.5 s. Never two at a time.
    static let badDay = FaultTimeline(windows: [
        Window(server: 1, fault: .slow(factor: 10), time: 2 / 15..<6 / 15),
        Window(server: 2, fault: .failing(share: 0.5), time: 7 / 15..<10 / 15),
        Window(server: 3, fault: .down, time: 10.5 / 15..<13.5 / 15),
    ])

    /// The changes of a run of this length, in order.
    func changes(over duration: Duration) -> [Change] {
        windows
            .flatMap { window in
                [
                    Change(offset: duration * window.time.lowerBound, server: window.server, fault: window.fault),
                    Change(offset: duration * window.time.upperBound, server: window.server, fault: nil),
                ]
            }
            .sorted { $0.offset < $1.offset }
    }

    /// What happens to a server during the run, if anything.
    func fault(of server: Int) -> Fault? {
        windows.first { $0.server == server }?.fault
    }
}
#endif
