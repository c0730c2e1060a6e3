// Makes the slow path of Synchronization.Mutex visible to ThreadSanitizer on Linux.
//
// A Mutex there is a priority-inheritance futex. Its uncontended lock and unlock are compiled into the caller, as
// atomic operations that ThreadSanitizer instruments. The contended ones sit in libswiftSynchronization.so, which is
// not instrumented, so a lock that was handed over by the kernel orders nothing and all that it guards looks racy.
//
// These three functions carry the symbol names of the contended operations. The test bundle is an executable, so its
// calls bind to them rather than to the shared library; they call the originals and tell ThreadSanitizer about the
// hand-over, and suppress nothing. Without ThreadSanitizer, and on Darwin where it knows os_unfair_lock, this file is
// empty. Were the standard library to rename its functions, this file would have no effect and the false reports
// would be back.
//
// Source: swiftlang/swift, stdlib/public/Synchronization/Mutex/LinuxImpl.swift.

#if defined(__linux__) && __has_feature(thread_sanitizer)

#define _GNU_SOURCE
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>
#include <stdbool.h>
#include <stdint.h>

// `self` is the address of the futex word, on which the fast path's atomic operations synchronise too.
#define SWIFT_METHOD __attribute__((swiftcall))
#define SWIFT_SELF __attribute__((swift_context))

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT_METHOD void lockSlow(uint32_t thread, SWIFT_SELF void *self) __asm__(LOCK);
SWIFT_METHOD bool tryLockSlow(SWIFT_SELF void *self) __asm__(TRY_LOCK);
SWIFT_METHOD void unlockSlow(SWIFT_SELF void *self) __asm__(UNLOCK);

static __typeof__(lockSlow) *originalLockSlow;
static __typeof__(tryLockSlow) *originalTryLockSlow;
static __typeof__(unlockSlow) *originalUnlockSlow;

__attribute__((constructor)) static void findOriginals(void) {
    *(void **)&originalLockSlow = dlsym(RTLD_NEXT, LOCK);
    *(void **)&originalTryLockSlow = dlsym(RTLD_NEXT, TRY_LOCK);
    *(void **)&originalUnlockSlow = dlsym(RTLD_NEXT, UNLOCK);
}

SWIFT_METHOD void lockSlow(uint32_t thread, SWIFT_SELF void *self) {
    originalLockSlow(thread, self);
    __tsan_acquire(self);
}

SWIFT_METHOD bool tryLockSlow(SWIFT_SELF void *self) {
    bool locked = originalTryLockSlow(self);
    if (locked) { __tsan_acquire(self); }
    return locked;
}

SWIFT_METHOD void unlockSlow(SWIFT_SELF void *self) {
    __tsan_release(self);
    originalUnlockSlow(self);
}

#endif
