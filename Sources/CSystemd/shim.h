#pragma once
// What Swift cannot import: GNU-only calls, which its own view of glibc leaves out (and _GNU_SOURCE here would
// give types a second definition), ucred among them.
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
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

/// The beginning of `struct dl_phdr_info`, dl_iterate_phdr(3); 64-bit ELF.
struct csystemd_object {
    Elf64_Addr address;
    const char *name;
    const Elf64_Phdr *headers;
    Elf64_Half header_count;
};
extern int dl_iterate_phdr(int (*take)(struct csystemd_object *object, size_t size, void *user), void *user);
static inline int csystemd_release_object(struct csystemd_object *object, size_t size, void *user) {
    (void)size;
    (void)user;
    Elf64_Addr page = (Elf64_Addr)getpagesize();
    for (int index = 0; index < object->header_count; index++) {
        const Elf64_Phdr *header = &object->headers[index];
        // What cannot be written to has no page of its own: each comes back from its file.
        if (header->p_type != PT_LOAD || (header->p_flags & PF_W) != 0) continue;
        Elf64_Addr start = (object->address + header->p_vaddr) & ~(page - 1);
        Elf64_Addr end = object->address + header->p_vaddr + header->p_memsz;
        (void)madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}
/// Gives up the mapped pages of all segments that cannot be written to, until they are used again.
static inline void csystemd_release_read_only(void) {
    (void)dl_iterate_phdr(csystemd_release_object, (void *)0);
}
/// Gives the free pages of the heap back to the kernel; Swift's module of the C library lacks <malloc.h>.
static inline void csystemd_release_heap(void) {
    (void)malloc_trim(0);
}
