#if AsyncHTTPClient
import Foundation

extension Double {
    func fixed(_ digits: Int) -> String {
        String(format: "%.\(digits)f", self)
    }

    /// Rounded towards zero, so that 99.996 % does not read as 100 %.
    func percent(_ digits: Int) -> String {
        let scale = pow(10, Double(digits))
        return ((self * 100 * scale + 1e-9).rounded(.down) / scale).fixed(digits) + " %"
    }
}

extension Duration {
    func seconds(_ digits: Int) -> String {
        (self / .seconds(1)).fixed(digits)
    }
}

extension String {
    func leftPadded(_ width: Int) -> String {
        String(repeating: " ", count: max(0, width - count)) + self
    }

    func rightPadded(_ width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
#endif
