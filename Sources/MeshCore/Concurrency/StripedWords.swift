public import Synchronization

/// A few atomic words for each of several stripes, so that threads of different stripes never write the same cache line.
///
/// ```swift
/// let pool = StripedWords.Pool(width: 1, stripes: 8)
/// let calls = pool.take()
/// calls.add(1, to: Stripe.current(of: 8))
/// let sum = (0..<8).reduce(0) { $0 &+ calls.load($1) }
/// ```
///
/// The words of sixteen of them lie side by side for each stripe: what belongs to one endpoint costs `width` words a
/// stripe, not a cache line a stripe.
public struct StripedWords: Sendable {
    /// How many lie side by side. With this many, one word each fills the two cache lines that are fetched at once.
    fileprivate static let neighbours = 16

    /// The words of one stripe, as long as what they were taken from is alive: the reference is not counted.
    @usableFromInline package struct Part {
        // Safe: all access to them is atomic.
        @usableFromInline let first: UnsafeMutablePointer<Atomic<UInt64>>

        @inlinable
        init(_ first: UnsafeMutablePointer<Atomic<UInt64>>) {
            self.first = first
        }

        /// Reads a word.
        @inlinable package func load(_ word: Int = 0) -> UInt64 { first[word].load(ordering: .relaxed) }

        /// Writes a word.
        @inlinable package func store(_ value: UInt64, _ word: Int = 0) { first[word].store(value, ordering: .relaxed) }
    }

    /// The same words without a counted reference to what keeps them alive.
    @usableFromInline package struct Unowned: Sendable {
        // Safe: all access to them is atomic.
        @usableFromInline nonisolated(unsafe) let first: UnsafeMutablePointer<Atomic<UInt64>>
        /// The distance between two stripes, in words.
        @usableFromInline let stride: UInt32
        @usableFromInline let count: UInt32

        fileprivate init(first: UnsafeMutablePointer<Atomic<UInt64>>, stride: UInt32, count: UInt32) {
            self.first = first
            self.stride = stride
            self.count = count
        }

        /// How many stripes there are.
        @inlinable package var stripes: Int { Int(count) }

        /// The words of a stripe.
        @inlinable package subscript(stripe: Int) -> Part { Part(first + stripe &* Int(stride)) }
    }

    /// The words, for those who know that they are alive.
    @usableFromInline package let unowned: Unowned
    private let block: Block

    fileprivate init(_ block: Block, at position: Int) {
        self.block = block
        unowned = Unowned(
            first: block.words + position * block.width,
            stride: UInt32(Self.neighbours * block.width),
            count: UInt32(block.stripes)
        )
    }

    /// How many stripes there are.
    @inlinable
    public var stripes: Int { unowned.stripes }

    /// Reads a word of a stripe; 0 at first.
    @inlinable
    public func load(_ stripe: Int, _ word: Int = 0) -> UInt64 { unowned[stripe].load(word) }

    /// Writes a word of a stripe.
    @inlinable
    public func store(_ value: UInt64, to stripe: Int, _ word: Int = 0) { unowned[stripe].store(value, word) }

    /// Adds to a word of a stripe, releasing what was written before, and returns the sum. Wraps round.
    @inlinable @discardableResult
    public func add(_ value: UInt64, to stripe: Int, _ word: Int = 0) -> UInt64 {
        pointer(stripe, word).pointee.wrappingAdd(value, ordering: .releasing).newValue
    }

    /// Replaces a word of a stripe and returns what it was, acquiring and releasing.
    @inlinable
    public func exchange(_ value: UInt64, in stripe: Int, _ word: Int = 0) -> UInt64 {
        pointer(stripe, word).pointee.exchange(value, ordering: .acquiringAndReleasing)
    }

    /// Replaces a word of a stripe if it is `expected`.
    ///
    /// - Returns: `nil` if it was replaced, otherwise what it is, which may be `expected` all the same.
    @inlinable
    public func replace(_ expected: UInt64, by value: UInt64, in stripe: Int, _ word: Int = 0) -> UInt64? {
        let (exchanged, original) = pointer(stripe, word).pointee.weakCompareExchange(
            expected: expected,
            desired: value,
            ordering: .acquiringAndReleasing
        )
        return exchanged ? nil : original
    }

    @inlinable
    func pointer(_ stripe: Int, _ word: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        unowned[stripe].first + word
    }

    /// Gives out words. They are zero at first and live until the last copy of them is gone; the pool keeps the last sixteen.
    public final class Pool: Sendable {
        private struct Place {
            /// Where the next words come from; `nil` until someone wants some.
            var block: Block?
            var taken = 0
        }

        private let width: Int
        private let stripes: Int
        private let place = Mutex(Place())

        /// Creates a pool.
        ///
        /// - Parameters:
        ///   - width: How many words for each stripe.
        ///   - stripes: How many stripes.
        public init(width: Int, stripes: Int) {
            precondition(width > 0 && stripes > 0)
            self.width = width
            self.stripes = stripes
        }

        /// The next words. One uncontended lock; an allocation for every sixteen.
        public func take() -> StripedWords {
            place.withLock { place in
                if place.taken < StripedWords.neighbours, let block = place.block {
                    place.taken += 1
                    return StripedWords(block, at: place.taken - 1)
                }
                let block = Block(width: width, stripes: stripes)
                place = Place(block: block, taken: 1)
                return StripedWords(block, at: 0)
            }
        }
    }

    fileprivate final class Block: Sendable {
        let width: Int
        let stripes: Int
        // Safe: freed with this object alone, and all access to them is atomic.
        nonisolated(unsafe) let words: UnsafeMutablePointer<Atomic<UInt64>>

        init(width: Int, stripes: Int) {
            self.width = width
            self.stripes = stripes
            let count = StripedWords.neighbours * width * stripes
            words = UnsafeMutableRawPointer.allocate(byteCount: count * 8, alignment: 128)
                .bindMemory(to: Atomic<UInt64>.self, capacity: count)
            for index in 0..<count { (words + index).initialize(to: Atomic(0)) }
        }

        deinit {
            UnsafeMutableRawPointer(words).deallocate()
        }
    }
}
