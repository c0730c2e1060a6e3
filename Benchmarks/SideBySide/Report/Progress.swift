#if AsyncHTTPClient && Transport
import Foundation

/// Where a person can see that something happens: standard output is for the result.
enum Progress {
    static func say(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}
#endif
