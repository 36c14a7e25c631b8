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
    char *path;        /* of the daemon's socket; NULL: the caller brought a descriptor */
    int socket;
    int epoll;         /* holds the socket and the read end of the pipe */
    int cancellations[2]; /* pipe of request ids: written by ultra_cancel(), whole or not at all */
    pid_t owner;
    int failure;       /* 0, or what every later call returns */
    bool is_draining;  /* a goaway came */
    bool output_closed; /* the daemon reads no more; what it said before may still have to be read */
    bool watches_output;
    size_t max_frame_bytes;
    uint64_t last_id;
    struct id_set in_flight;
    struct buffer in;
    struct buffer out;
    ultra_event *kept; /* events that ultra_call() set aside for ultra_next(), oldest first */
    ultra_event *last_kept;
    size_t kept_bytes;
};

/* A point in time, in milliseconds of CLOCK_MONOTONIC; INT64_MAX is never. */
int64_t deadline_after(int timeout_ms);

/* What is left until `deadline`, as poll(2) wants it: -1, or 0 … INT_MAX. */
int deadline_timeout(int64_t deadline);

/* 0, or -ECHILD in a child of the process that connected. */
int connection_check_owner(const ultra_connection *connection);

/* 0, -ECHILD, or the failure that ended the connection. */
int connection_check(const ultra_connection *connection);

/*
 * Waits up to `timeout_ms` for the socket or a cancellation, then sends, receives and cancels what is
 * possible. A failure is kept in `failure`.
 * 1 something was done, 0 nothing in time, or the failure.
 */
int connection_turn(ultra_connection *connection, int timeout_ms);

/* Sends what the socket takes of what is waiting to be sent. 0, or -errno as for epoll_ctl(2). */
int connection_flush(ultra_connection *connection);

/* Forgets request `id` and asks the daemon to cancel it. */
void connection_abandon(ultra_connection *connection, uint64_t id);

/*
 * Begins anew on `fd`, a connected socket, and closes the old one: what was in flight or half received is
 * forgotten. Settings, kept events and the count of ids stay.
 * 0, or -errno as for fcntl(2) and epoll_ctl(2): nothing was changed, and `fd` belongs to the caller.
 */
int connection_replace_socket(ultra_connection *connection, int fd);

/* A whole frame, or a kept event, is there to be taken. */
bool connection_has_event(const ultra_connection *connection);

/* Takes the next event from the bytes received. 1, 0 none, ULTRA_ERROR_PROTOCOL, or -ENOMEM. */
int connection_take(ultra_connection *connection, ultra_event **ret_event);

#endif
