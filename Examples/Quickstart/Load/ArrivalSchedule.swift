#if AsyncHTTPClient
/// When each call is due: at a constant rate, whatever became of the calls before.
struct ArrivalSchedule: Sendable {
    /// Calls per second.
    let rate: Double
    let duration: Duration

    var count: Int { Int(duration / .seconds(1) * rate) }

    /// How long after the start a call is due.
    func offset(ofCall number: Int) -> Duration {
        .seconds(Double(number) / rate)
    }
}
#endif
