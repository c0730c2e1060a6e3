#if !Transport
/// There is no transport to soak without the trait Transport.
@main enum Unavailable {
    static func main() { print("soak needs the trait Transport") }
}
#endif
