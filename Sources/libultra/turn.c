#define _GNU_SOURCE
#include "connection.h"
#include "event.h"
#include "frame.h"
#include "request.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* One turn of a connection (wait, cancel, send, receive), and taking events from received frames. */

enum { RECEIVE_BYTES = 4096, CANCELLATIONS_AT_ONCE = 32, CANCELLATION_MAX_BYTES = 96 };

static int64_t now_ms(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t deadline_after(int timeout_ms) { return timeout_ms < 0 ? INT64_MAX : now_ms() + timeout_ms; }

int deadline_timeout(int64_t deadline) {
    int64_t left;

    if (deadline == INT64_MAX)
        return -1;
    left = deadline - now_ms();
    return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

int connection_flush(ultra_connection *connection) {
    bool is_waiting;

    while (!connection->output_closed && buffer_length(&connection->out) > 0) {
        ssize_t sent = send(connection->socket, buffer_front(&connection->out), buffer_length(&connection->out),
                            MSG_NOSIGNAL);

        if (sent >= 0)
            buffer_consume(&connection->out, (size_t)sent);
        else if (errno == EPIPE || errno == ECONNRESET)
            connection->output_closed = true;
        else if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM)
            break;
        else if (errno != EINTR)
            return -errno;
    }
    is_waiting = !connection->output_closed && buffer_length(&connection->out) > 0;
    if (is_waiting != connection->watches_output) {
        struct epoll_event event = {.events = EPOLLIN | (is_waiting ? EPOLLOUT : 0), .data.fd = connection->socket};

        if (epoll_ctl(connection->epoll, EPOLL_CTL_MOD, connection->socket, &event) < 0)
            return -errno;
        connection->watches_output = is_waiting;
    }
    return 0;
}

static int receive(ultra_connection *connection) {
    size_t room = connection->in.capacity - connection->in.end;
    ssize_t received;
    int r;

    /* The buffer grows as bytes arrive, so a header with a false length allocates nothing. */
    if (room < RECEIVE_BYTES) {
        r = buffer_reserve(&connection->in, RECEIVE_BYTES);
        if (r < 0)
            return r;
        room = connection->in.capacity - connection->in.end;
    }
    do
        received = recv(connection->socket, connection->in.bytes + connection->in.end, room, 0);
    while (received < 0 && errno == EINTR);
    if (received > 0) {
        connection->in.end += (size_t)received;
        return 0;
    }
    if (received < 0 && errno == EAGAIN)
        return 0;
    /* ECONNRESET: the daemon closed the connection before it read everything sent. */
    if (received < 0 && errno != ECONNRESET)
        return -errno;
    return buffer_length(&connection->in) > 0 ? ULTRA_ERROR_TRUNCATED : ULTRA_ERROR_CLOSED;
}

static int append_cancel(ultra_connection *connection, uint64_t id) {
    char fields[sizeof "{\"target\":18446744073709551615}"];

    snprintf(fields, sizeof fields, "{\"target\":%" PRIu64 "}", id);
    /* The new id is not in flight, so the answer to the cancellation is dropped. */
    return request_append(&connection->out, ++connection->last_id, "cancel", fields, FRAME_DEFAULT_MAX_BYTES);
}

void connection_abandon(ultra_connection *connection, uint64_t id) {
    id_set_remove(&connection->in_flight, id);
    /* Failures are ignored: the request's events are dropped in any case. */
    if (append_cancel(connection, id) >= 0)
        connection_flush(connection);
}

/* Sends a `cancel` request for each id written by ultra_cancel(). */
static int take_cancellations(ultra_connection *connection) {
    uint64_t ids[CANCELLATIONS_AT_ONCE];
    ssize_t length;
    /* Reserved before reading, so that without memory the ids stay in the pipe. */
    int r = buffer_reserve(&connection->out, CANCELLATIONS_AT_ONCE * CANCELLATION_MAX_BYTES);

    if (r < 0)
        return r;
    do
        length = read(connection->cancellations[0], ids, sizeof ids);
    while (length < 0 && errno == EINTR);
    if (length < 0)
        return errno == EAGAIN ? 0 : -errno;
    for (size_t i = 0; i < (size_t)length / sizeof *ids; i++) {
        if (!id_set_contains(&connection->in_flight, ids[i]))
            continue;
        r = append_cancel(connection, ids[i]);
        if (r < 0)
            return r;
    }
    return connection_flush(connection);
}

/* True if a frame can be taken, also one that violates the protocol: taking it reports the error. */
static bool has_frame(const ultra_connection *connection) {
    size_t length;

    return frame_find(buffer_front(&connection->in), buffer_length(&connection->in), connection->max_frame_bytes,
                      &length) != 0;
}

int connection_turn(ultra_connection *connection, int timeout_ms) {
    int64_t deadline = deadline_after(timeout_ms);
    struct epoll_event ready[2];
    int count, r = connection_check(connection);

    if (r < 0)
        return r;
    while ((count = epoll_wait(connection->epoll, ready, 2, timeout_ms)) < 0) {
        if (errno != EINTR)
            return connection->failure = -errno;
        timeout_ms = deadline_timeout(deadline);
    }
    for (int i = 0; i < count && r >= 0; i++) {
        if (ready[i].data.fd == connection->cancellations[0]) {
            r = take_cancellations(connection);
            continue;
        }
        if (ready[i].events & EPOLLOUT)
            r = connection_flush(connection);
        /* Back-pressure: nothing is received while a complete frame waits to be taken. */
        if (r >= 0 && ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR) && !has_frame(connection))
            r = receive(connection);
    }
    if (r < 0 && r != -ENOMEM)
        connection->failure = r;
    return r < 0 ? r : count > 0;
}

bool connection_has_event(const ultra_connection *connection) { return connection->kept || has_frame(connection); }

int connection_take(ultra_connection *connection, ultra_event **ret_event) {
    for (;;) {
        ultra_event *event;
        size_t length;
        int r = frame_find(buffer_front(&connection->in), buffer_length(&connection->in),
                           connection->max_frame_bytes, &length);

        if (r > 0)
            r = event_new(buffer_front(&connection->in) + FRAME_HEADER_BYTES, length, &event);
        else if (r == 0)
            return 0;
        if (r == ULTRA_ERROR_PROTOCOL) {
            connection->failure = r;
            buffer_free(&connection->in);
        }
        if (r < 0)
            return r;
        buffer_consume(&connection->in, FRAME_HEADER_BYTES + length);

        if (event->kind == ULTRA_KIND_GOAWAY)
            connection->is_draining = true;
        else if (event->id != 0 && !id_set_contains(&connection->in_flight, event->id)) {
            /* The answer to a cancellation or to an abandoned request. */
            ultra_event_free(event);
            continue;
        }
        if (event_is_terminal(event))
            id_set_remove(&connection->in_flight, event->id);
        *ret_event = event;
        return 1;
    }
}
