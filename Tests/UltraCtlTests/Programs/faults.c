/*
 * Makes the Nth allocation fail, N = 1, 2, 3, …, until a run is clean. After each failure the library must
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

void *__wrap_malloc(size_t size) { return fails() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t count, size_t size) { return fails() ? NULL : __real_calloc(count, size); }
void *__wrap_realloc(void *old, size_t size) { return fails() ? NULL : __real_realloc(old, size); }
char *__wrap_strdup(const char *text) { return fails() ? NULL : __real_strdup(text); }

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

static void run(void) {
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
    ultra_event_free(event);
    if (ultra_in_flight(connection) != 0)
        fail("in flight", __LINE__);
    free(json);
    free(path);
    ultra_connection_free(connection);
    close(ends[1]);
}

int main(void) {
    do {
        failing++;
        allocations = 0;
        run();
    } while (allocations >= failing);
    printf("%ld\n", allocations);
    return 0;
}
