import MeshCore
import Testing

@Suite struct StripeTests {
    @Test func `a thread keeps its stripe, and of fewer stripes it is the remainder`() {
        let stripe = Stripe.current(of: Stripe.maximum)
        for count in [1, 2, 4, 8, 16, 32, 64] {
            #expect(Stripe.current(of: count) == stripe % count)
        }
        #expect(Stripe.maximum >= Stripe.recommendedCount)
    }
}
