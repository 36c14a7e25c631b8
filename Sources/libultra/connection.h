#ifndef ULTRA_CONNECTION_H
#define ULTRA_CONNECTION_H

#include "buffer.h"
#include "id_set.h"
#include "ultra.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct ultra_connection {
    char *path;        /* the daemon's socket; NULL if made by ultra_connect_fd() */
    int socket;
    int epoll;         /* watches the socket and the read end of the pipe */
    int cancellations[2]; /* pipe of request ids, written atomically by ultra_cancel() */
    pid_t owner;       /* the process that opened the connection */
    int failure;       /* 0, or the failure that ended the connection, which later calls return */
    bool is_draining;  /* a goaway was received */
    bool output_closed; /* the daemon reads no more; received events may be left */
    bool watches_output; /* epoll waits for the socket to become writable */
    size_t max_frame_bytes;
    uint64_t last_id;
    struct id_set in_flight;
    struct buffer in;
    struct buffer out;
    ultra_event *kept; /* list of events that ultra_call() set aside for ultra_next(), oldest first */
    ultra_event *last_kept;
    size_t kept_bytes;
};

/* The deadline `timeout_ms` from now, in milliseconds of CLOCK_MONOTONIC; INT64_MAX for no limit. */
int64_t deadline_after(int timeout_ms);

/* The time left until `deadline` as a poll(2) timeout: 0 … INT_MAX milliseconds, or -1 for no limit. */
int deadline_timeout(int64_t deadline);

/* Returns 0, or -ECHILD in a child of the process that opened the connection. */
int connection_check_owner(const ultra_connection *connection);

/* Returns 0, -ECHILD, or the failure that ended the connection. */
int connection_check(const ultra_connection *connection);

/*
 * Waits up to `timeout_ms` for the socket or a cancellation, then sends cancellations and buffered bytes and
 * receives. A failure other than -ENOMEM ends the connection and is stored in `failure`.
 *
 * Returns 1 if there was something to do, 0 if not, or the failure.
 */
int connection_turn(ultra_connection *connection, int timeout_ms);

/* Sends as many buffered bytes as the socket accepts. Returns 0, or -errno of send(2) or epoll_ctl(2). */
int connection_flush(ultra_connection *connection);

/* Removes request `id` from those in flight and asks the daemon to cancel it. */
void connection_abandon(ultra_connection *connection, uint64_t id);

/*
 * Takes ownership of `fd`, a connected socket, and closes the old one. Discards requests in flight and bytes
 * received; keeps settings, events set aside and the id counter.
 *
 * Returns 0, or -errno of fcntl(2) or epoll_ctl(2), in which case the connection is unchanged and the caller keeps
 * ownership of `fd`.
 */
int connection_replace_socket(ultra_connection *connection, int fd);

/* True if an event can be taken: a complete frame or an event set aside. */
bool connection_has_event(const ultra_connection *connection);

/* Takes the next event from the received bytes. Returns 1; 0 if there is none; ULTRA_ERROR_PROTOCOL or -ENOMEM. */
int connection_take(ultra_connection *connection, ultra_event **ret_event);

#endif
