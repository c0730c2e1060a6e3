#if TLS
/// The error of a type that `body` throws; `nil` if it throws another or none.
func thrown<Failure: Error, Result>(_ type: Failure.Type, _ body: () throws -> Result) -> Failure? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? Failure
    }
}
#endif
