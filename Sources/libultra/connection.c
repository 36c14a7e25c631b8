#define _GNU_SOURCE
#include "connection.h"

#include "event.h"
#include "frame.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

static int watch(const ultra_connection *connection, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    return epoll_ctl(connection->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static void close_descriptor(int fd) {
    if (fd >= 0)
        close(fd);
}

/* Releases everything except the socket. */
static void connection_release(ultra_connection *connection) {
    close_descriptor(connection->epoll);
    close_descriptor(connection->cancellations[0]);
    close_descriptor(connection->cancellations[1]);
    buffer_free(&connection->in);
    buffer_free(&connection->out);
    id_set_free(&connection->in_flight);
    while (connection->kept) {
        ultra_event *next = connection->kept->next;

        ultra_event_free(connection->kept);
        connection->kept = next;
    }
    free(connection->path);
    free(connection);
}

int ultra_connect_fd(int fd, ultra_connection **ret_connection) {
    ultra_connection *connection = calloc(1, sizeof *connection);
    int r = 0;

    if (!connection)
        return -ENOMEM;
    connection->socket = -1;
    connection->epoll = connection->cancellations[0] = connection->cancellations[1] = -1;
    connection->owner = getpid();
    connection->max_frame_bytes = FRAME_DEFAULT_MAX_BYTES;

    if (pipe2(connection->cancellations, O_CLOEXEC | O_NONBLOCK) < 0 ||
        (connection->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0)
        r = -errno;
    if (r >= 0)
        r = watch(connection, connection->cancellations[0]);
    if (r >= 0)
        r = connection_replace_socket(connection, fd);
    if (r < 0) {
        connection_release(connection);
        return r;
    }
    *ret_connection = connection;
    return 0;
}

int connection_replace_socket(ultra_connection *connection, int fd) {
    int r, flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return -errno;
    r = watch(connection, fd);
    if (r < 0)
        return r;
    if (connection->socket >= 0) {
        /* If a forked child still has the socket open, close(2) alone would leave it in the epoll set. */
        epoll_ctl(connection->epoll, EPOLL_CTL_DEL, connection->socket, NULL);
        close(connection->socket);
    }
    connection->socket = fd;
    connection->failure = 0;
    connection->is_draining = connection->output_closed = connection->watches_output = false;
    connection->in_flight.count = 0;
    buffer_free(&connection->in);
    buffer_free(&connection->out);
    return 0;
}

ultra_connection *ultra_connection_free(ultra_connection *connection) {
    if (connection) {
        /* No shutdown(2): in a forked child it would end the parent's connection. */
        close(connection->socket);
        connection_release(connection);
    }
    return NULL;
}

int ultra_set_max_frame_bytes(ultra_connection *connection, size_t bytes) {
    int r = connection_check_owner(connection);

    if (r < 0)
        return r;
    if (bytes < FRAME_MIN_BYTES || bytes > INT32_MAX)
        return -EINVAL;
    connection->max_frame_bytes = bytes;
    return 0;
}

int connection_check_owner(const ultra_connection *connection) {
    return getpid() == connection->owner ? 0 : -ECHILD;
}

int connection_check(const ultra_connection *connection) {
    int r = connection_check_owner(connection);

    return r < 0 ? r : connection->failure;
}

size_t ultra_in_flight(const ultra_connection *connection) { return connection->in_flight.count; }

int ultra_is_draining(const ultra_connection *connection) {
    int r = connection_check_owner(connection);

    return r < 0 ? r : connection->is_draining;
}

int ultra_get_fd(const ultra_connection *connection) {
    int r = connection_check_owner(connection);

    return r < 0 ? r : connection->epoll;
}

int ultra_get_events(const ultra_connection *connection) {
    int r = connection_check_owner(connection);

    if (r < 0)
        return r;
    /* Waiting to send is handled inside the epoll set. An ended socket stays readable forever, so a caller that
     * keeps watching until it reconnects would spin. */
    return connection->failure < 0 ? 0 : POLLIN;
}

int ultra_get_timeout(const ultra_connection *connection) {
    int r = connection_check_owner(connection);

    if (r < 0)
        return r;
    return connection_has_event(connection) ? 0 : -1;
}
