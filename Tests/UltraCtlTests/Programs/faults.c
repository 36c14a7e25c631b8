/*
 * Makes the Nth allocation, of memory or of a descriptor, fail, N = 1, 2, 3, …, until a run is clean. After each failure the library must
 * have said -ENOMEM, and go on as if nothing had happened once there is memory again. All the while every
 * other system call on the socket is interrupted, and reads and writes take one byte.
 *
 * Link with --wrap for what is defined below. Prints the number of allocations of a clean run.
 */
#define _GNU_SOURCE
#include "ultra.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static long allocations, failing; /* the allocation that fails; 0: none */
static bool is_interrupted;

static bool fails(void) {
    if (++allocations != failing)
        return false;
    errno = ENOMEM;
    return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
ssize_t __real_recv(int fd, void *bytes, size_t length, int flags);
ssize_t __real_send(int fd, const void *bytes, size_t length, int flags);
int __real_epoll_wait(int fd, struct epoll_event *events, int count, int timeout);
int __real_epoll_create1(int flags);
int __real_epoll_ctl(int epoll, int op, int fd, struct epoll_event *event);
int __real_pipe2(int ends[2], int flags);
int __real_socket(int domain, int type, int protocol);

void *__wrap_malloc(size_t size) { return fails() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t count, size_t size) { return fails() ? NULL : __real_calloc(count, size); }
void *__wrap_realloc(void *old, size_t size) { return fails() ? NULL : __real_realloc(old, size); }
char *__wrap_strdup(const char *text) { return fails() ? NULL : __real_strdup(text); }

int __wrap_epoll_create1(int flags) { return fails() ? -1 : __real_epoll_create1(flags); }
int __wrap_pipe2(int ends[2], int flags) { return fails() ? -1 : __real_pipe2(ends, flags); }
int __wrap_socket(int domain, int type, int protocol) { return fails() ? -1 : __real_socket(domain, type, protocol); }

int __wrap_epoll_ctl(int epoll, int op, int fd, struct epoll_event *event) {
    return op == EPOLL_CTL_ADD && fails() ? -1 : __real_epoll_ctl(epoll, op, fd, event);
}

static bool interrupts(void) {
    is_interrupted = !is_interrupted;
    errno = EINTR;
    return is_interrupted;
}

ssize_t __wrap_recv(int fd, void *bytes, size_t length, int flags) {
    return interrupts() ? -1 : __real_recv(fd, bytes, length > 1 ? 1 : length, flags);
}

ssize_t __wrap_send(int fd, const void *bytes, size_t length, int flags) {
    return interrupts() ? -1 : __real_send(fd, bytes, length > 1 ? 1 : length, flags);
}

int __wrap_epoll_wait(int fd, struct epoll_event *events, int count, int timeout) {
    return interrupts() ? -1 : __real_epoll_wait(fd, events, count, timeout);
}

/* Repeats `call` while it says -ENOMEM, which it must say exactly once when the Nth allocation was its. */
#define RETRY(r, call)                                                                                                 \
    do {                                                                                                               \
        long before = allocations;                                                                                     \
        (r) = (call);                                                                                                  \
        if ((r) == -ENOMEM && !(before < failing && allocations >= failing))                                           \
            fail("-ENOMEM without cause", __LINE__);                                                                   \
        if ((r) == -ENOMEM)                                                                                            \
            (r) = (call);                                                                                              \
        if ((r) < 0)                                                                                                   \
            fail(ultra_strerror(r), __LINE__);                                                                         \
    } while (0)

static void fail(const char *what, int line) {
    fprintf(stderr, "faults.c:%d: allocation %ld: %s\n", line, failing, what);
    exit(1);
}

static void answer(int fd, const char *json) {
    size_t length = strlen(json);
    unsigned char header[4] = {0, 0, (unsigned char)(length >> 8), (unsigned char)length};

    if (write(fd, header, 4) != 4 || write(fd, json, length) != (ssize_t)length)
        fail("write", __LINE__);
}

static int lowest_free_descriptor(void) {
    int fd = dup(0);

    close(fd);
    return fd;
}

/* Connects, loses the daemon, and connects again. */
static void run_restart(int listener, const char *path) {
    ultra_connection *connection;
    int r, fd;

    RETRY(r, ultra_connect(path, 1000, &connection));
    close(accept(listener, NULL, NULL));
    RETRY(r, ultra_reconnect(connection, 1000));
    fd = accept(listener, NULL, NULL);
    RETRY(r, ultra_send(connection, "ping", NULL, NULL));
    if (ultra_in_flight(connection) != 1)
        fail("in flight", __LINE__);
    ultra_connection_free(connection);
    close(fd);
}

static void run(void) {
    ultra_failure failure;
    ultra_connection *connection;
    ultra_event *event;
    uint64_t stream;
    const char *text;
    char *json, *path;
    int r, ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
        fail("socketpair", __LINE__);
    RETRY(r, ultra_socket_path("x", &path));
    RETRY(r, ultra_connect_fd(ends[0], &connection));
    RETRY(r, ultra_json_quote("say \"hello\"", SIZE_MAX, &json));
    RETRY(r, ultra_send(connection, "stream", "{\"prompt\":\"x\"}", &stream));
    RETRY(r, ultra_cancel(connection, stream));
    answer(ends[1], "{\"id\":1,\"event\":\"delta\",\"text\":\"a\"}");
    answer(ends[1], "{\"id\":2,\"event\":\"result\"}");
    answer(ends[1], "{\"id\":1,\"event\":\"error\",\"error\":{\"code\":\"cancelled\",\"message\":\"No \\u00e9.\"}}");
    RETRY(r, ultra_next(connection, -1, &event));
    RETRY(r, ultra_event_string(event, "text", &text, NULL));
    if (r != 1 || strcmp(text, "a") != 0)
        fail("text", __LINE__);
    ultra_event_free(event);
    RETRY(r, ultra_next(connection, -1, &event));
    RETRY(r, ultra_event_string(event, "error.message", &text, NULL));
    if (r != 1 || strcmp(text, "No \303\251.") != 0)
        fail("message", __LINE__);
    failure.struct_size = sizeof failure;
    RETRY(r, ultra_event_failure(event, &failure));
    if (r != 1 || strcmp(failure.code, "cancelled") != 0)
        fail("failure", __LINE__);
    ultra_event_free(event);
    if (ultra_in_flight(connection) != 0)
        fail("in flight", __LINE__);
    free(json);
    free(path);
    ultra_connection_free(connection);
    close(ends[1]);
}

int main(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/tmp/ultra-faults.XXXXXX"};
    char folder[sizeof address.sun_path];
    int listener = __real_socket(AF_UNIX, SOCK_STREAM, 0);
    int descriptor;

    if (!mkdtemp(address.sun_path))
        fail("mkdtemp", __LINE__);
    strcpy(folder, address.sun_path);
    strcat(address.sun_path, "/socket");
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 8) < 0)
        fail("listen", __LINE__);
    descriptor = lowest_free_descriptor();
    do {
        failing++;
        allocations = 0;
        run();
        run_restart(listener, address.sun_path);
        if (lowest_free_descriptor() != descriptor)
            fail("a descriptor was lost", __LINE__);
    } while (allocations >= failing);
    unlink(address.sun_path);
    rmdir(folder);
    printf("%ld\n", allocations);
    return 0;
}
