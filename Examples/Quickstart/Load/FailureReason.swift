#if AsyncHTTPClient
import AsyncHTTPClient
import Foundation
import MeshCore
import NIOCore

/// An error in a few words, the same for all errors of a kind, so that they can be counted.
func failureReason(_ error: any Error) -> String {
    switch error {
    case let error as HTTPClientError where error == .deadlineExceeded: "timed out"
    case let error as HTTPClientError where error == .remoteConnectionClosed: "connection closed"
    case let error as MeshError: error.code.rawValue
    case let error as IOError: String(cString: strerror(error.errnoCode)).lowercased()
    default: String(describing: type(of: error))
    }
}
#endif
