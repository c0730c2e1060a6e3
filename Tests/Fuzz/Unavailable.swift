#if !Transport || !DNS || !DEBUG
/// What is fed is not public: it can be reached in a build for debugging with the traits Transport and DNS.
@main enum Unavailable {
    static func main() {
        print("fuzz needs a build for debugging with the traits Transport and DNS")
        exit(failing: true)
    }
}
#endif
