#pragma once
// System calls and structs that Swift's Glibc module lacks, because they need _GNU_SOURCE. They are declared here
// without it: with it, this header would define some types a second time.
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
/// The layout of `struct ucred`, unix(7).
struct csystemd_credentials {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};

/// accept4(2) with a non-blocking, close-on-exec result; -1 with errno.
static inline int csystemd_accept(int fd) {
    return accept4(fd, (struct sockaddr *)0, (socklen_t *)0, SOCK_NONBLOCK | SOCK_CLOEXEC);
}
/// The credentials of a Unix socket's peer when it connected (SO_PEERCRED, unix(7)). Returns 0, or -1 with errno.
static inline int csystemd_peer(int fd, struct csystemd_credentials *peer) {
    socklen_t length = sizeof *peer;
    return getsockopt(fd, SOL_SOCKET, 17 /* SO_PEERCRED */, peer, &length);
}
/// The supplementary groups of a Unix socket's peer when it connected (SO_PEERGROUPS, unix(7)). `length` is the size of
/// `groups` in bytes, and on return the size used. Returns 0, or -1 with errno; for ERANGE `length` is the size
/// required.
static inline int csystemd_peer_groups(int fd, gid_t *groups, socklen_t *length) {
    return getsockopt(fd, SOL_SOCKET, 59 /* SO_PEERGROUPS */, groups, length);
}
/// memfd_create(2): an anonymous file in memory, closed on exec. Returns -1 with errno on failure.
static inline int csystemd_memory_file(const char *name) {
    return memfd_create(name, 1U /* MFD_CLOEXEC */);
}
/// pipe2(2) with both ends closed on exec; -1 with errno.
static inline int csystemd_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC);
}
/// epoll_pwait2(2), which has nanosecond precision (Linux 5.11); on older kernels epoll_wait(2), rounded up to
/// milliseconds so that it never returns early. A null timeout means no limit.
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
/// The wait status of a SIGCHLD siginfo, encoded as by waitpid(2). In C because si_status is a macro over a union.
static inline int csystemd_wait_status(const siginfo_t *info) {
    return info->si_code == CLD_EXITED ? (info->si_status & 0xff) << 8 : (info->si_status & 0x7f);
}

/// The first members of `struct dl_phdr_info`, dl_iterate_phdr(3), for 64-bit ELF.
struct csystemd_object {
    Elf64_Addr address;
    const char *name;
    const Elf64_Phdr *headers;
    Elf64_Half header_count;
};
extern int dl_iterate_phdr(int (*take)(struct csystemd_object *object, size_t size, void *user), void *user);
/// Callback of dl_iterate_phdr(3): releases the read-only segments of one object.
static inline int csystemd_release_object(struct csystemd_object *object, size_t size, void *user) {
    (void)size;
    (void)user;
    Elf64_Addr page = (Elf64_Addr)getpagesize();
    for (int index = 0; index < object->header_count; index++) {
        const Elf64_Phdr *header = &object->headers[index];
        // Read-only pages hold no changes: the kernel reads them again from the file.
        if (header->p_type != PT_LOAD || (header->p_flags & PF_W) != 0) continue;
        Elf64_Addr start = (object->address + header->p_vaddr) & ~(page - 1);
        Elf64_Addr end = object->address + header->p_vaddr + header->p_memsz;
        (void)madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}
/// Unmaps the resident pages of all read-only segments until they are used again.
static inline void csystemd_release_read_only(void) {
    (void)dl_iterate_phdr(csystemd_release_object, (void *)0);
}
/// mallopt(3): blocks from `bytes` on are mapped, and unmapped when they are freed.
static inline void csystemd_map_blocks(int bytes) {
    (void)mallopt(M_MMAP_THRESHOLD, bytes);
}
/// malloc_trim(3): returns free heap pages to the kernel. In C because Swift's Glibc module lacks <malloc.h>.
static inline void csystemd_release_heap(void) {
    (void)malloc_trim(0);
}
