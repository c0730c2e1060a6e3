#if Transport
import NIOCore
import NIOHTTP2
import NIOPosix
#endif
