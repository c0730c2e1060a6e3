#if TLS
import NIOSSL
import X509
#endif
