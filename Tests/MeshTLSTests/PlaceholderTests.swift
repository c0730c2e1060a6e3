#if TLS
import Testing
@Test func placeholder() {}
#endif
