#if AsyncHTTPClient && Transport
import Foundation

/// The process that started this one.
enum Parent {
    /// Ends this process when its standard input does: the parent holds the other end, and lets go even if it is killed.
    static func endWithIt() {
        Thread.detachNewThread {
            _ = FileHandle.standardInput.readDataToEndOfFile()
            exit(1)
        }
    }
}
#endif
