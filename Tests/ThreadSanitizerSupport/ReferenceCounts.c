// Makes the reference counts of the Swift runtime visible to ThreadSanitizer on Linux.
//
// Before a value with shared storage (an Array, a ByteBuffer) writes in place, it asks whether its reference to the
// storage is the only one left. If so, another thread that has used the storage has released its reference before: the
// release orders its reads before this write. libswiftCore.so is not instrumented, so ThreadSanitizer sees neither the
// release nor the question, and reports a race between the two.
//
// Here it is told of both: whoever releases a reference releases what it did; who is told that its reference is the only
// one acquires that. A release acquires nothing, unlike the last one of a shared pointer in C++: threads that share some
// object would all be in order with each other, and true races would be hidden. The last one needs nothing, because the
// compiler takes deinitializers out of the instrumentation.
//
// As in MutexHandle.c, these functions carry the names of those of the runtime, and the executable's calls bind to them; calls
// within libswiftCore.so, where generic code runs that was not specialised, do not. Without ThreadSanitizer, and on Darwin,
// this file is empty. Were the standard library to rename its functions, the false reports would be back.
//
// Source: swiftlang/swift, stdlib/public/runtime/HeapObject.cpp and SwiftObject.mm, stdlib/public/core/ManagedBuffer.swift.

#if defined(__linux__) && __has_feature(thread_sanitizer)

#define _GNU_SOURCE
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>
#include <stdbool.h>
#include <stdint.h>

#define SWIFT_METHOD __attribute__((swiftcall))
// Where the compiler expects a release to leave the registers alone, it must; elsewhere it may.
#define REFERENCE_COUNTING __attribute__((preserve_most))

static REFERENCE_COUNTING void (*originalRelease)(void *object);
static REFERENCE_COUNTING void (*originalReleaseMany)(void *object, uint32_t count);
static bool (*originalQuestion)(void *object);

__attribute__((disable_sanitizer_instrumentation)) static void findOriginals(void) {
    *(void **)&originalRelease = dlsym(RTLD_NEXT, "swift_release");
    *(void **)&originalReleaseMany = dlsym(RTLD_NEXT, "swift_release_n");
    *(void **)&originalQuestion = dlsym(RTLD_NEXT, "swift_isUniquelyReferenced_nonNull_native");
}

// Before the constructors of shared libraries, some of which release objects.
__attribute__((section(".preinit_array"), used)) static void (*const beforeConstructors)(void) = findOriginals;

// The runtime ignores what is no pointer to an object.
static bool isObject(void *object) { return (intptr_t)object > 0; }

REFERENCE_COUNTING void swift_release(void *object) {
    if (isObject(object)) { __tsan_release(object); }
    originalRelease(object);
}

REFERENCE_COUNTING void swift_release_n(void *object, uint32_t count) {
    if (isObject(object)) { __tsan_release(object); }
    originalReleaseMany(object, count);
}

bool swift_isUniquelyReferenced_nonNull_native(void *object) {
    bool isUnique = originalQuestion(object);
    if (isUnique) { __tsan_acquire(object); }
    return isUnique;
}

bool swift_isUniquelyReferenced_native(void *object) {
    return object && swift_isUniquelyReferenced_nonNull_native(object);
}

// isKnownUniquelyReferenced(_:) of a reference and of an optional one, which are not inlined without optimisation.
SWIFT_METHOD bool isKnownUnique(void **object) __asm__("$ss25isKnownUniquelyReferencedySbxzRlzClF");
SWIFT_METHOD bool isKnownUniqueOptional(void **object) __asm__("$ss25isKnownUniquelyReferencedySbxSgzRlzClF");

SWIFT_METHOD bool isKnownUnique(void **object) { return swift_isUniquelyReferenced_nonNull_native(*object); }

SWIFT_METHOD bool isKnownUniqueOptional(void **object) { return swift_isUniquelyReferenced_native(*object); }

#endif
