#define _GNU_SOURCE
#include "connection.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Connecting and reconnecting to the daemon's socket. */

enum { FIRST_PAUSE_MS = 5, LONGEST_PAUSE_MS = 200 };

static int connect_socket(int fd, const struct sockaddr_un *address, int64_t deadline) {
    int timeout_ms = deadline_timeout(deadline);

    for (;;) {
        /* A non-blocking connect(2) to a Unix socket with a full backlog fails, and poll(2) does not report when
         * there is room. A blocking one waits, for at most the send timeout (unix(7), socket(7)). */
        if (timeout_ms > 0) {
            struct timeval timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000};

            if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) < 0)
                return -errno;
        }
        if (connect(fd, (const struct sockaddr *)address, sizeof *address) >= 0)
            return 0;
        if (errno == EAGAIN && timeout_ms > 0)
            return -ETIMEDOUT;
        /* connect(2) can only be interrupted while it waits for the backlog: it can simply be repeated. */
        if (errno != EINTR)
            return -errno;
        if (timeout_ms > 0) {
            timeout_ms = deadline_timeout(deadline);
            if (timeout_ms == 0)
                return -ETIMEDOUT;
        }
    }
}

/* Opens a socket connected to `path`. Returns 0, or a failure of ultra_connect(). */
static int open_socket(const char *path, int64_t deadline, int *ret_fd) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    int r, fd;

    if (length >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, length);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (deadline_timeout(deadline) == 0 ? SOCK_NONBLOCK : 0), 0);
    if (fd < 0)
        return -errno;
    r = connect_socket(fd, &address, deadline);
    if (r < 0) {
        close(fd);
        return r;
    }
    *ret_fd = fd;
    return 0;
}

int ultra_connect(const char *path, int timeout_ms, ultra_connection **ret_connection) {
    char *found;
    int r, fd;

    r = ultra_socket_path(path, &found);
    if (r < 0)
        return r;
    r = open_socket(found, deadline_after(timeout_ms), &fd);
    if (r >= 0) {
        r = ultra_connect_fd(fd, ret_connection);
        if (r < 0)
            close(fd);
    }
    if (r < 0) {
        free(found);
        return r;
    }
    (*ret_connection)->path = found;
    return 0;
}

/* Like open_socket(), but retries until `deadline` while the daemon is not listening. */
static int await_socket(const char *path, int64_t deadline, int *ret_fd) {
    int pause_ms = FIRST_PAUSE_MS;

    for (;;) {
        int r = open_socket(path, deadline, ret_fd);
        int left_ms = deadline_timeout(deadline);

        if ((r != -ENOENT && r != -ECONNREFUSED) || left_ms == 0)
            return r;
        poll(NULL, 0, left_ms < 0 || left_ms > pause_ms ? pause_ms : left_ms);
        pause_ms = pause_ms < LONGEST_PAUSE_MS / 2 ? 2 * pause_ms : LONGEST_PAUSE_MS;
    }
}

int ultra_reconnect(ultra_connection *connection, int timeout_ms) {
    int r = connection_check_owner(connection);
    int fd;

    if (r < 0)
        return r;
    if (!connection->path)
        return -EOPNOTSUPP;
    if (connection->in_flight.count > 0 && connection->failure == 0 && !connection->output_closed)
        return -EBUSY;
    r = await_socket(connection->path, deadline_after(timeout_ms), &fd);
    if (r < 0)
        return r;
    r = connection_replace_socket(connection, fd);
    if (r < 0)
        close(fd);
    return r;
}
