#if !Transport
@main
enum MutualTLS {
    static func main() {
        print("This example needs the trait Transport: run it without --disable-default-traits.")
    }
}
#endif
