/*
 * A child cannot use its parent's connection, and freeing it in the child does not affect the parent. Neither does
 * a child that keeps the descriptors of a connection which the parent then makes again.
 */
#define _GNU_SOURCE
#include "ultra.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "fork.c:%d: %s\n", __LINE__, #condition);                                                  \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

static void check_restart(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/tmp/ultra-fork.XXXXXX"};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    char folder[sizeof address.sun_path];
    ultra_connection *connection;
    struct pollfd watched;
    ultra_event *event;
    int fd, hold[2];
    pid_t child;

    CHECK(mkdtemp(address.sun_path));
    strcpy(folder, address.sun_path);
    strcat(address.sun_path, "/socket");
    CHECK(bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 8) == 0);
    CHECK(ultra_connect(address.sun_path, 0, &connection) == 0);
    CHECK(pipe(hold) == 0);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        char byte;

        close(hold[1]);
        /* Keeps the inherited descriptors open and frees the connection, so that nothing leaks at its end. */
        for (int inherited = 3; inherited < 32; inherited++)
            if (inherited != hold[0])
                dup(inherited);
        ultra_connection_free(connection);
        exit(read(hold[0], &byte, 1) != 0);
    }
    close(hold[0]);
    close(accept(listener, NULL, NULL));
    CHECK(ultra_next(connection, 1000, &event) == ULTRA_ERROR_CLOSED);
    CHECK(ultra_reconnect(connection, 0) == 0);
    fd = accept(listener, NULL, NULL);
    /* The old socket has ended and is still open in the child: it must not wake the parent. */
    watched.fd = ultra_get_fd(connection);
    watched.events = (short)ultra_get_events(connection);
    CHECK(watched.events == POLLIN && poll(&watched, 1, 0) == 0);
    CHECK(ultra_next(connection, 0, &event) == 0);
    close(hold[1]);
    CHECK(waitpid(child, NULL, 0) == child);
    ultra_connection_free(connection);
    close(fd);
    close(listener);
    unlink(address.sun_path);
    rmdir(folder);
}

int main(void) {
    static const char answer[] = "\0\0\0\x19{\"id\":1,\"event\":\"result\"} ";
    ultra_connection *connection;
    ultra_event *event;
    int ends[2], status;
    pid_t child;

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    CHECK(ultra_connect_fd(ends[0], &connection) == 0);
    CHECK(ultra_send(connection, "ping", NULL, NULL) == 0);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        CHECK(ultra_send(connection, "ping", NULL, NULL) == -ECHILD);
        CHECK(ultra_next(connection, 0, &event) == -ECHILD);
        CHECK(ultra_call(connection, "ping", NULL, 0, &event) == -ECHILD);
        CHECK(ultra_process(connection) == -ECHILD);
        CHECK(ultra_cancel(connection, 1) == -ECHILD);
        CHECK(ultra_reconnect(connection, 0) == -ECHILD);
        CHECK(ultra_set_max_frame_bytes(connection, 100) == -ECHILD);
        CHECK(ultra_get_fd(connection) == -ECHILD);
        CHECK(ultra_get_events(connection) == -ECHILD);
        CHECK(ultra_get_timeout(connection) == -ECHILD);
        CHECK(ultra_is_draining(connection) == -ECHILD);
        CHECK(ultra_in_flight(connection) == 1);
        CHECK(ultra_connection_free(connection) == NULL);
        close(ends[1]);
        return 0;
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(write(ends[1], answer, sizeof answer - 1) == sizeof answer - 1);
    CHECK(ultra_next(connection, 1000, &event) == 1);
    CHECK(ultra_event_kind(event) == ULTRA_KIND_RESULT);
    CHECK(ultra_event_free(event) == NULL);
    CHECK(ultra_event_free(NULL) == NULL);
    CHECK(ultra_connection_free(connection) == NULL);
    CHECK(ultra_connection_free(NULL) == NULL);
    close(ends[1]);
    check_restart();
    return 0;
}
