#pragma once
// What Swift's Glibc module leaves out, for tests and measurement. `_GNU_SOURCE` would change types that Glibc has
// already shown to Swift, so the calls it hides are made by number.
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
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

// The network namespace of the calling thread, as a descriptor.
static inline int clinux_network(void) { return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC); }

// Gives the calling thread a network of its own, or the one that a descriptor stands for.
static inline int clinux_new_network(void) { return (int)syscall(SYS_unshare, 0x40000000 /* CLONE_NEWNET */); }
static inline int clinux_enter_network(int fd) { return (int)syscall(SYS_setns, fd, 0x40000000); }

static inline int clinux_interface_up(int fd, const char *name) {
    struct ifreq request;
    memset(&request, 0, sizeof(request));
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    if (ioctl(fd, SIOCGIFFLAGS, &request) < 0) return -1;
    request.ifr_flags |= IFF_UP | IFF_RUNNING;
    return ioctl(fd, SIOCSIFFLAGS, &request);
}

static inline int clinux_interface_address(int fd, unsigned long option, const char *name, unsigned int address) {
    struct ifreq request;
    memset(&request, 0, sizeof(request));
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    struct sockaddr_in *inet = (struct sockaddr_in *)&request.ifr_addr;
    inet->sin_family = AF_INET;
    inet->sin_addr.s_addr = htonl(address);
    return ioctl(fd, option, &request);
}

// A point-to-point interface of the calling thread's network, up, whose packets the descriptor gives and takes; the
// loopback interface comes up as well. Addresses in host order.
static inline int clinux_tunnel(unsigned int own, unsigned int peer) {
    struct ifreq request;
    memset(&request, 0, sizeof(request));
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    strncpy(request.ifr_name, "line", IFNAMSIZ - 1);
    int tunnel = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (tunnel < 0) return -1;
    int control = (int)syscall(SYS_socket, AF_INET, 2 /* SOCK_DGRAM */, 0);
    int failed = control < 0 || ioctl(tunnel, TUNSETIFF, &request) < 0
        || clinux_interface_address(control, SIOCSIFADDR, "line", own) < 0
        || clinux_interface_address(control, SIOCSIFDSTADDR, "line", peer) < 0
        || clinux_interface_up(control, "line") < 0 || clinux_interface_up(control, "lo") < 0;
    int code = errno;
    if (control >= 0) close(control);
    if (!failed) return tunnel;
    close(tunnel);
    errno = code;
    return -1;
}
