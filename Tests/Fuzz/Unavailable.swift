#if !Transport || !DEBUG
/// What is fed is not public: it can be reached in a build for debugging with the trait Transport.
@main enum Unavailable {
    static func main() {
        print("fuzz needs a build for debugging with the trait Transport")
        exit(failing: true)
    }
}
#endif
