#include "connection.h"
#include "event.h"
#include "request.h"

#include <errno.h>
#include <unistd.h>

int ultra_send(ultra_connection *connection, const char *op, const char *fields, uint64_t *ret_id) {
    uint64_t id = connection->last_id + 1;
    int r = connection_check(connection);

    if (r < 0)
        return r;
    if (connection->is_draining)
        return ULTRA_ERROR_GOAWAY;
    if (buffer_length(&connection->out) > connection->max_frame_bytes)
        return -EAGAIN;
    r = id_set_reserve(&connection->in_flight);
    if (r >= 0)
        r = request_append(&connection->out, id, op, fields, connection->max_frame_bytes);
    if (r < 0)
        return r;
    connection->last_id = id;
    r = connection_flush(connection);
    if (r < 0)
        return connection->failure = r;
    /* Not a failure of the connection yet: ultra_next() still returns events received before. */
    if (connection->output_closed)
        return ULTRA_ERROR_CLOSED;
    id_set_add(&connection->in_flight, id);
    if (ret_id)
        *ret_id = id;
    return 0;
}

/* Like ultra_next(), without the events set aside. */
static int next_received(ultra_connection *connection, int64_t deadline, ultra_event **ret_event) {
    for (;;) {
        int timeout_ms = deadline_timeout(deadline);
        int r = connection_take(connection, ret_event);

        if (r != 0)
            return r;
        r = connection_turn(connection, timeout_ms);
        if (r < 0)
            return r;
        if (timeout_ms == 0)
            return connection_take(connection, ret_event);
    }
}

int ultra_next(ultra_connection *connection, int timeout_ms, ultra_event **ret_event) {
    ultra_event *event = connection->kept;
    int r = connection_check_owner(connection);

    if (r < 0)
        return r;
    if (!event)
        return next_received(connection, deadline_after(timeout_ms), ret_event);
    connection->kept = event->next;
    connection->kept_bytes -= event->length;
    if (!connection->kept)
        connection->last_kept = NULL;
    event->next = NULL;
    *ret_event = event;
    return 1;
}

/* Sets `event` aside for ultra_next(). Returns 0, or -ENOBUFS if such events now exceed the frame limit. */
static int keep(ultra_connection *connection, ultra_event *event) {
    connection->kept_bytes += event->length;
    if (connection->last_kept)
        connection->last_kept->next = event;
    else
        connection->kept = event;
    connection->last_kept = event;
    return connection->kept_bytes > connection->max_frame_bytes ? -ENOBUFS : 0;
}

int ultra_call(ultra_connection *connection, const char *op, const char *fields, int timeout_ms,
               ultra_event **ret_event) {
    int64_t deadline = deadline_after(timeout_ms);
    ultra_event *event;
    uint64_t id;
    int r = ultra_send(connection, op, fields, &id);

    if (r < 0)
        return r;
    while ((r = next_received(connection, deadline, &event)) > 0) {
        if (event->id != id && event->id != 0) {
            r = keep(connection, event);
            if (r < 0)
                break;
        } else if (event_is_terminal(event)) {
            /* An error of the connection itself (id 0) ends this request too. */
            *ret_event = event;
            return event->kind == ULTRA_KIND_ERROR ? ULTRA_ERROR_REMOTE : 0;
        } else
            ultra_event_free(event);
    }
    connection_abandon(connection, id);
    return r == 0 ? -ETIMEDOUT : r;
}

int ultra_cancel(ultra_connection *connection, uint64_t id) {
    int saved_errno = errno;
    int r = connection_check_owner(connection);

    /* A write of eight bytes to a pipe is atomic (PIPE_BUF, pipe(7)), so calls from several threads do not
     * interleave. A send(2) from here could land in the middle of a half-sent frame. */
    if (r >= 0 && write(connection->cancellations[1], &id, sizeof id) < 0)
        r = -errno;
    errno = saved_errno;
    return r;
}

int ultra_process(ultra_connection *connection) {
    int r = connection_check_owner(connection);

    if (r < 0)
        return r;
    r = connection_turn(connection, 0);
    /* Events received before a failure are taken before the failure is reported. */
    if (connection_has_event(connection))
        return 1;
    return r < 0 ? r : 0;
}
