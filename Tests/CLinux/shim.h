#pragma once
// What Swift's Glibc module leaves out, for tests and measurement. `_GNU_SOURCE` would change types that Glibc has
// already shown to Swift, so the calls it hides are made by number.
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int clinux_accept4(int fd, int flags) { return (int)syscall(SYS_accept4, fd, NULL, NULL, flags); }

// Changes who the calling thread is, and no other thread of the process: the libraries' functions would change all.
static inline int clinux_become(unsigned uid, unsigned gid, const unsigned *groups, unsigned long count) {
    if (syscall(SYS_setgroups, count, groups) != 0) return -1;
    if (syscall(SYS_setresgid, gid, gid, gid) != 0) return -1;
    return (int)syscall(SYS_setresuid, uid, uid, uid);
}

// Both ends are closed on exec from the start: no child started meanwhile inherits them.
static inline int clinux_pipe(int ends[2]) { return (int)syscall(SYS_pipe2, ends, 02000000 /* O_CLOEXEC */); }

// The first 64 processors that the calling thread may use, as bits.
static inline unsigned long clinux_processors(void) {
    unsigned long mask[16] = {0};
    syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask);
    return mask[0];
}

static inline int clinux_set_processors(unsigned long processors) {
    return (int)syscall(SYS_sched_setaffinity, 0, sizeof(processors), &processors);
}

// Process 0 is the caller.
static inline int clinux_pin_to_cpu(int pid, int cpu) {
    unsigned long mask[16] = {0};
    mask[cpu / (8 * sizeof(long))] = 1UL << (cpu % (8 * sizeof(long)));
    return (int)syscall(SYS_sched_setaffinity, pid, sizeof(mask), mask);
}

// epoll_wait(2) with a timeout in nanoseconds; negative: none.
static inline int clinux_epoll_wait(int fd, struct epoll_event *events, int count, long long timeout_ns) {
    struct { long long seconds, nanoseconds; } timeout = {timeout_ns / 1000000000, timeout_ns % 1000000000};
    return (int)syscall(SYS_epoll_pwait2, fd, events, count, timeout_ns < 0 ? NULL : (void *)&timeout, NULL, 8);
}
