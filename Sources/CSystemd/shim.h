#pragma once
// What Swift cannot import: GNU-only calls, which its own view of glibc leaves out (and _GNU_SOURCE here would
// give types a second definition), ucred among them.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#define SD_JOURNAL_SUPPRESS_LOCATION 1
#include <systemd/sd-journal.h>
#include <time.h>
#include <unistd.h>

extern int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
extern int pipe2(int ends[2], int flags);
extern int memfd_create(const char *name, unsigned int flags);
/// `struct ucred` of unix(7).
struct csystemd_credentials {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};

static inline int csystemd_accept(int fd) {
    return accept4(fd, (struct sockaddr *)0, (socklen_t *)0, SOCK_NONBLOCK | SOCK_CLOEXEC);
}
/// The peer of a Unix socket as it was when it connected; 0, or -1 with errno.
static inline int csystemd_peer(int fd, struct csystemd_credentials *peer) {
    socklen_t length = sizeof *peer;
    return getsockopt(fd, SOL_SOCKET, 17 /* SO_PEERCRED */, peer, &length);
}
/// The supplementary groups the peer had when it connected. `length` is in bytes, in and out; -1 with errno, which is
/// ERANGE where they do not fit: `length` says then what they take.
static inline int csystemd_peer_groups(int fd, gid_t *groups, socklen_t *length) {
    return getsockopt(fd, SOL_SOCKET, 59 /* SO_PEERGROUPS */, groups, length);
}
/// A file in memory that no other process can find; -1 with errno.
static inline int csystemd_memory_file(const char *name) {
    return memfd_create(name, 1U /* MFD_CLOEXEC */);
}
static inline int csystemd_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC);
}
/// epoll_wait(2) to the nanosecond where the kernel has it (5.11), else to the millisecond, never too early.
/// A null timeout waits without end.
static inline int csystemd_epoll_wait(int fd, struct epoll_event *events, int count, const struct timespec *timeout) {
    static int is_coarse = 0;
    if (!is_coarse) {
        int ready = epoll_pwait2(fd, events, count, timeout, (const sigset_t *)0);
        if (ready >= 0 || errno != ENOSYS) return ready;
        is_coarse = 1;
    }
    if (timeout == 0) return epoll_wait(fd, events, count, -1);
    long long milliseconds = (long long)timeout->tv_sec * 1000 + (timeout->tv_nsec + 999999) / 1000000;
    return epoll_wait(fd, events, count, milliseconds > 86400000 ? 86400000 : (int)milliseconds);
}
/// The wait status, as waitpid() would give it, of a child event: si_status is a macro over a union.
static inline int csystemd_wait_status(const siginfo_t *info) {
    return info->si_code == CLD_EXITED ? (info->si_status & 0xff) << 8 : (info->si_status & 0x7f);
}
