#if AsyncHTTPClient
import AsyncHTTPClient
import ArgumentParser
import Histogram
import NIOPosix

@main struct Main { static func main() async {} }
#else
@main struct Main { static func main() {} }
#endif
