#if Transport
import NIOEmbedded
import Testing
@Test func placeholder() {}
#endif
