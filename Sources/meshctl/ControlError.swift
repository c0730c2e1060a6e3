#if TLS
/// What went wrong and what to do, for a person at a terminal.
struct ControlError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
#endif
