#if TLS
// Certificates for tests are made in one place; here every file needs them.
@_exported public import TestSupport
#endif
