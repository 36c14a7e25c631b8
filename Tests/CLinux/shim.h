#pragma once
// What Swift's Glibc module leaves out, for tests and measurement. `_GNU_SOURCE` would change types that Glibc has
// already shown to Swift, so the calls it hides are made by number.
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int clinux_accept4(int fd, int flags) { return (int)syscall(SYS_accept4, fd, NULL, NULL, flags); }

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
