#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Ends the program.
func exit(failing: Bool) -> Never { exit(failing ? 1 : 0) }
