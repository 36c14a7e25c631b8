/* A child has no use of its parent's connection, and freeing it there does the parent no harm. */
#define _GNU_SOURCE
#include "ultra.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "fork.c:%d: %s\n", __LINE__, #condition);                                                  \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

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
    return 0;
}
