#define _GNU_SOURCE
#include "connection.h"

#include "event.h"
#include "frame.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Connects `fd`, which blocks for up to `timeout_ms`. 0 or -errno. */
static int connect_socket(int fd, const struct sockaddr_un *address, int timeout_ms) {
    /* A Unix socket whose backlog is full never becomes writable to say that there is room: only a
     * blocking connect(2) waits, and it does so for as long as the send timeout. */
    if (timeout_ms > 0) {
        struct timeval timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000};

        if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) < 0)
            return -errno;
    }
    while (connect(fd, (const struct sockaddr *)address, sizeof *address) < 0) {
        if (errno == EAGAIN && timeout_ms > 0)
            return -ETIMEDOUT;
        /* Waiting for room in the backlog comes first: an interrupted call has done nothing yet. */
        if (errno != EINTR)
            return -errno;
    }
    return 0;
}

int ultra_connect(const char *path, int timeout_ms, ultra_connection **ret_connection) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char *found;
    int r, fd;

    r = ultra_socket_path(path, &found);
    if (r < 0)
        return r;
    if (strlen(found) >= sizeof address.sun_path) {
        free(found);
        return -ENAMETOOLONG;
    }
    strcpy(address.sun_path, found);
    free(found);

    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (timeout_ms == 0 ? SOCK_NONBLOCK : 0), 0);
    if (fd < 0)
        return -errno;
    r = connect_socket(fd, &address, timeout_ms);
    if (r >= 0)
        r = ultra_connect_fd(fd, ret_connection);
    if (r < 0)
        close(fd);
    return r;
}

static int watch(int epoll, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static void close_descriptor(int fd) {
    if (fd >= 0)
        close(fd);
}

/* All that a connection holds, except the socket. */
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
    free(connection);
}

int ultra_connect_fd(int fd, ultra_connection **ret_connection) {
    ultra_connection *connection = calloc(1, sizeof *connection);
    int flags, r = 0;

    if (!connection)
        return -ENOMEM;
    connection->socket = fd;
    connection->epoll = connection->cancellations[0] = connection->cancellations[1] = -1;
    connection->owner = getpid();
    connection->max_frame_bytes = FRAME_DEFAULT_MAX_BYTES;

    flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        pipe2(connection->cancellations, O_CLOEXEC | O_NONBLOCK) < 0 ||
        (connection->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0)
        r = -errno;
    if (r >= 0)
        r = watch(connection->epoll, fd);
    if (r >= 0)
        r = watch(connection->epoll, connection->cancellations[0]);
    if (r < 0) {
        connection_release(connection);
        return r;
    }
    *ret_connection = connection;
    return 0;
}

ultra_connection *ultra_connection_free(ultra_connection *connection) {
    if (connection) {
        /* Closing is all a forked child may do: shutdown(2) would end the parent's connection too. */
        close(connection->socket);
        connection_release(connection);
    }
    return NULL;
}

int ultra_set_max_frame_bytes(ultra_connection *connection, size_t bytes) {
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

int ultra_is_draining(const ultra_connection *connection) { return connection->is_draining; }

int ultra_get_fd(const ultra_connection *connection) { return connection->epoll; }

int ultra_get_events(const ultra_connection *connection) {
    /* The epoll set behind the descriptor knows whether there is something to send. */
    (void)connection;
    return POLLIN;
}

int ultra_get_timeout(const ultra_connection *connection) { return connection_has_event(connection) ? 0 : -1; }
