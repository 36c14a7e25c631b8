/*
 * libultra: C client of ultrad, the LLM daemon.
 *
 * Wire protocol 1: JSON frames over a Unix stream socket. The library opens no thread, installs no
 * signal handler, prints nothing and keeps no global state; it needs libc alone.
 *
 *     ultra_connection *connection;
 *     ultra_event *answer;
 *     int r = ultra_connect(NULL, 1000, &connection);
 *     if (r >= 0)
 *         r = ultra_call(connection, "generate", "{\"prompt\":\"Hello\"}", -1, &answer);
 *
 * Results. A function that returns int returns 0 or more on success and a negative number on failure:
 * -errno (-1 to -4095) for what the system refused, or a value of ultra_error, all below -10000. Outputs
 * are called ret_… and are untouched on failure, except where a function says otherwise.
 *
 * Ownership. What a function hands out through ret_… belongs to the caller and goes to the _free function
 * of its type, or to free() if it is text. Every _free accepts NULL and returns NULL. Text that an event
 * lends lives as long as the event.
 *
 * Threads. A connection is used by one thread at a time, an event likewise; different ones are
 * independent. ultra_cancel() alone may be called from any thread and from signal handlers.
 *
 * Time. Timeouts are milliseconds: -1 waits for ever, 0 does not wait. EINTR never shows: waiting goes on
 * with what is left of the time.
 *
 * Forks. A connection belongs to the process that opened it. In a child every function on it that returns
 * int returns -ECHILD, and does nothing; ultra_connection_free() is allowed there and leaves the parent's
 * connection working.
 *
 * Growth. What this header declares keeps its meaning and layout as long as the library is libultra.so.0.
 * The structs that may get more members begin with `struct_size`, which the caller sets to the size it
 * knows; new values of ultra_kind and ultra_error may appear, and a program ignores those it does not know.
 *
 * Arguments. A pointer is not NULL unless its function says that it may be; text is NUL-terminated.
 */
#ifndef ULTRA_H
#define ULTRA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

#define ULTRA_VERSION "0.2.0"
#define ULTRA_PROTOCOL 1

/* Version of the library that is running, as ULTRA_VERSION was when it was built. Static text, never NULL. */
const char *ultra_version(void);

/* --- Errors ------------------------------------------------------------------------------------- */

typedef enum ultra_error {
    /* The daemon answered the request with an error. The event that came with it has `error.code`,
     * `error.message` and, where there is something to do about it, `error.hint`. */
    ULTRA_ERROR_REMOTE = -10001,
    /* The daemon closed the connection. Requests in flight get no answer. */
    ULTRA_ERROR_CLOSED = -10002,
    /* The daemon closed the connection in the middle of a frame. */
    ULTRA_ERROR_TRUNCATED = -10003,
    /* The peer sent what the protocol does not allow: a length out of range, or something other than
     * one JSON object with `id` and `event`. The connection is of no further use: ultra_reconnect(), or
     * another one. */
    ULTRA_ERROR_PROTOCOL = -10004,
    /* The daemon is stopping and takes no more requests. Nothing was sent: it is safe to send the
     * request again after ultra_reconnect() or on a new connection. */
    ULTRA_ERROR_GOAWAY = -10005,
    /* The field holds another JSON type than the one asked for. */
    ULTRA_ERROR_TYPE = -10006
} ultra_error;

/* One sentence about any negative result of this library, without a full stop. Static text for the
 * library's own codes and for a number that is no error; strerror()'s text for -errno, which is to be read
 * before this thread calls strerror() again. Never NULL. */
const char *ultra_strerror(int error);

/* --- Connections -------------------------------------------------------------------------------- */

typedef struct ultra_connection ultra_connection;

/*
 * The socket ultra_connect() would use, in this order:
 *   1. `path`, unless NULL or empty,
 *   2. $ULTRAD_SOCKET, unless empty,
 *   3. $XDG_RUNTIME_DIR/ultrad/ultrad.sock, if it exists,
 *   4. /run/ultrad/ultrad.sock.
 * The environment is ignored by programs that run with raised privileges (secure_getenv(3)).
 *
 * Returns 0, or -ENOMEM. *ret_path is text for free().
 */
int ultra_socket_path(const char *path, char **ret_path);

/*
 * Connects to the daemon at ultra_socket_path(path). `timeout_ms` bounds the wait for a daemon that
 * accepts no connections at the moment.
 *
 * Returns 0, or: -ENOENT no socket there; -ECONNREFUSED a socket nobody listens on; -EACCES the caller
 * may not use it; -EAGAIN or -ETIMEDOUT the daemon did not accept in time; -ENAMETOOLONG a path over 107
 * bytes; -EMFILE, -ENOMEM and other -errno as for socket(2) and connect(2).
 */
int ultra_connect(const char *path, int timeout_ms, ultra_connection **ret_connection);

/*
 * Makes a connection of `fd`, a connected Unix stream socket, which becomes nonblocking and belongs to
 * the connection from then on. On failure it still belongs to the caller.
 *
 * Returns 0, -ENOMEM, or -errno as for fcntl(2), pipe2(2) and epoll_create1(2).
 */
int ultra_connect_fd(int fd, ultra_connection **ret_connection);

/*
 * Connects to the same socket again, after the daemon was restarted or the connection broke in another way.
 * For a daemon that is not there yet (-ENOENT, -ECONNREFUSED) it is tried again until `timeout_ms` is over;
 * 0 tries once and does not wait, for programs with a loop.
 *
 * The handle, its descriptor (ultra_get_fd()), the longest frame and the events that ultra_call() kept stay;
 * ids go on where they were, so that no event is taken for that of an older request. Requests that were in
 * flight are over and get no terminal event; whether the daemon carried them out is not known. Nothing is
 * sent again: that is for the caller to decide, who knows what a second answer costs. Bytes that came and were
 * not taken are lost: take events until ultra_next() fails, then reconnect.
 *
 * Returns 0, or: -EBUSY requests are in flight and the connection has not ended; -EOPNOTSUPP the connection
 * was made by ultra_connect_fd(); -ECHILD; or what ultra_connect() returns. On failure nothing has changed.
 */
int ultra_reconnect(ultra_connection *connection, int timeout_ms);

/* Closes the connection; the daemon cancels what is in flight. `connection` may be NULL. Returns NULL. */
ultra_connection *ultra_connection_free(ultra_connection *connection);

/*
 * Sets the longest frame accepted and sent, in bytes of JSON; 16 MiB unless set. A longer request is
 * -EMSGSIZE, a longer frame from the daemon ULTRA_ERROR_PROTOCOL. Buffers grow as bytes arrive, up to it.
 *
 * Returns 0, -EINVAL if `bytes` is not within 2 … 2^31 − 1, or -ECHILD.
 */
int ultra_set_max_frame_bytes(ultra_connection *connection, size_t bytes);

/* --- Requests ----------------------------------------------------------------------------------- */

/*
 * Sends a request without waiting for its answer. Any number may be in flight.
 *
 * `op` names the operation (`generate`, `stream`, `status`, …). `fields` is a JSON object with the
 * operation's fields; it has neither `id` nor `op`, which the library adds. NULL stands for {}.
 * *ret_id is the number by which events name the request, never 0; ret_id may be NULL.
 *
 * What the socket does not take at once is kept and sent by ultra_next() and ultra_process().
 *
 * Returns 0, or: -EINVAL `op` or `fields` is not as above; -EMSGSIZE the request exceeds the longest
 * frame; -EAGAIN more than the longest frame is still unsent; ULTRA_ERROR_GOAWAY; ULTRA_ERROR_CLOSED;
 * -ENOMEM; -ECHILD; or the failure that ended this connection.
 */
int ultra_send(ultra_connection *connection, const char *op, const char *fields, uint64_t *ret_id);

typedef struct ultra_event ultra_event;

/*
 * Takes the next event of any request, waiting for it up to `timeout_ms`. Events of one request come in
 * order and end with a terminal one (see ultra_event_kind); those of different requests interleave.
 *
 * Returns 1 and an event, 0 if none came in time, or: ULTRA_ERROR_CLOSED, ULTRA_ERROR_TRUNCATED,
 * ULTRA_ERROR_PROTOCOL or -errno as for recv(2), after all that came before was handed out and again on
 * every later call; -ENOMEM (may be tried again); -ECHILD.
 */
int ultra_next(ultra_connection *connection, int timeout_ms, ultra_event **ret_event);

/*
 * Sends a request and waits for its terminal event; earlier ones (progress, deltas) are dropped. Events
 * of other requests that come meanwhile are kept for ultra_next().
 *
 * Returns 0 and the `result` or `done` event, or ULTRA_ERROR_REMOTE and the `error` event. Otherwise
 * *ret_event is untouched: -ETIMEDOUT no answer in time, the request was cancelled and its events will not
 * appear; -ENOBUFS more than the longest frame is kept for other requests, this one likewise
 * cancelled; what ultra_send() and ultra_next() return.
 */
int ultra_call(ultra_connection *connection, const char *op, const char *fields, int timeout_ms,
               ultra_event **ret_event);

/*
 * Asks the daemon to cancel request `id`. The request still ends with a terminal event: `error` with
 * code `cancelled`, or its result if that was quicker. An `id` that is not in flight is ignored.
 *
 * May be called from any thread and from a signal handler, also while another thread waits in
 * ultra_next(), which then sends the cancellation at once; otherwise the next ultra_next(),
 * ultra_call() or ultra_process() sends it. The connection must not be freed meanwhile. errno is kept.
 *
 * Returns 0; -EAGAIN if thousands of cancellations are waiting to be sent; -ECHILD.
 */
int ultra_cancel(ultra_connection *connection, uint64_t id);

/* Number of requests sent whose terminal event has not been taken; in a forked child, as it was then. */
size_t ultra_in_flight(const ultra_connection *connection);

/* 1 once the daemon said that it is stopping (a `goaway` event was taken, or skipped by ultra_call()):
 * requests in flight are finished, new ones need ultra_reconnect(). Else 0, or -ECHILD. */
int ultra_is_draining(const ultra_connection *connection);

/* --- Event loops -------------------------------------------------------------------------------- */

/*
 * For a program with a loop of its own: watch ultra_get_fd() for ultra_get_events(), wait no longer than
 * ultra_get_timeout(), then take events with ultra_next(connection, 0, …) until it returns 0.
 */

/* The descriptor to watch, or -ECHILD. It is not the socket; it stays the same, also when the connection is
 * made anew, and belongs to the connection: it is neither read nor closed by the caller. */
int ultra_get_fd(const ultra_connection *connection);

/* What to watch the descriptor for, as poll(2) names it: POLLIN, or 0 once the connection has ended and until
 * ultra_reconnect(); or -ECHILD. Ask again after each ultra_next(). */
int ultra_get_events(const ultra_connection *connection);

/* Longest time to wait before the next ultra_next() or ultra_process(), in ms: 0 if an event can be taken
 * already, -1 if there is no limit; or -ECHILD. */
int ultra_get_timeout(const ultra_connection *connection);

/*
 * Sends and receives what is possible without waiting, and takes no event. ultra_next() does the same;
 * this is for a program that wants its requests sent but is not ready for events.
 *
 * Returns 1 if an event can be taken, else 0, or what ultra_next() returns.
 */
int ultra_process(ultra_connection *connection);

/* --- Events ------------------------------------------------------------------------------------- */

typedef enum ultra_kind {
    ULTRA_KIND_OTHER = 0,    /* one this version does not know: to be ignored */
    ULTRA_KIND_RESULT = 1,   /* terminal: the whole answer */
    ULTRA_KIND_DONE = 2,     /* terminal: the end of a stream */
    ULTRA_KIND_ERROR = 3,    /* terminal: `error.code`, `error.message`, `error.hint`, … */
    ULTRA_KIND_PROGRESS = 4, /* `phase`; only for requests with "progress":true */
    ULTRA_KIND_START = 5,    /* `model`, `provider` */
    ULTRA_KIND_DELTA = 6,    /* `text`, `reasoning` or `tool_call` */
    ULTRA_KIND_RESTART = 7,  /* another model begins again: what was streamed so far is void */
    ULTRA_KIND_SNAPSHOT = 8, /* of a subscription: `seq`, `data` */
    ULTRA_KIND_EVENT = 9,    /* of a subscription: `seq`, `topic`, `data` */
    ULTRA_KIND_GOAWAY = 10   /* of the connection, id 0: the daemon is stopping */
} ultra_kind;

/* Frees the event and the text it lent. `event` may be NULL. Returns NULL. */
ultra_event *ultra_event_free(ultra_event *event);

/* What the event says; ULTRA_KIND_OTHER for a word of the protocol that this version does not know. */
ultra_kind ultra_event_kind(const ultra_event *event);

/* The request the event belongs to. 0: the connection itself (`goaway`, `error` before it is closed). */
uint64_t ultra_event_id(const ultra_event *event);

/* The whole frame as it came: one JSON object, UTF-8, NUL-terminated. The length may be NULL. */
const char *ultra_event_json(const ultra_event *event, size_t *ret_length);

/*
 * Fields of an event. `path` names a field of the frame, or with dots a field within a field:
 * "text", "error.message", "usage.input_tokens", "models.0.id" (elements of arrays count from 0).
 *
 * Each returns 1 and the value; 0 if there is no such field or it is null; ULTRA_ERROR_TYPE if it is of
 * another type. The cost is one pass over the frame.
 */

/* A string, unescaped: UTF-8, NUL-terminated, lent by the event. It may contain NUL if the JSON has
 * \u0000; the length, which may be NULL, counts all bytes. Half a surrogate pair becomes U+FFFD.
 * Also returns -ENOMEM. */
int ultra_event_string(ultra_event *event, const char *path, const char **ret_string, size_t *ret_length);

/* A number without fraction and exponent. Also returns -ERANGE if it does not fit. */
int ultra_event_integer(const ultra_event *event, const char *path, int64_t *ret_integer);

/* Any number, to the nearest double, whatever the locale. Also returns -ENOMEM. */
int ultra_event_number(const ultra_event *event, const char *path, double *ret_number);

/* true as 1, false as 0. */
int ultra_event_boolean(const ultra_event *event, const char *path, int *ret_boolean);

/* The number of elements of an array. */
int ultra_event_count(const ultra_event *event, const char *path, size_t *ret_count);

/* The JSON of a value of any type, null included: lent by the event, not NUL-terminated. */
int ultra_event_raw(const ultra_event *event, const char *path, const char **ret_json, size_t *ret_length);

/* --- Answers ------------------------------------------------------------------------------------ */

/* What a `result` or `done` of `generate`, `stream` or `embed` says. Text is lent by the event. */
typedef struct ultra_answer {
    size_t struct_size;          /* in: sizeof(ultra_answer) */
    const char *model;           /* who answered, `provider/model`; NULL: not said, as for each text below */
    const char *provider;        /* its id */
    const char *text;            /* the whole answer; NULL in `done` */
    const char *reasoning;       /* the thinking before it, if asked for and given; NULL in `done` */
    const char *finish_reason;   /* `stop`, `length`, `tool_calls`, `content_filter` or `other` */
    const char *request_id;      /* the provider's, for its support */
    int64_t input_tokens;        /* all input, cached included; -1: not known, as for each number below */
    int64_t output_tokens;       /* all output, reasoning included */
    int64_t cached_input_tokens; /* of the input */
    int64_t reasoning_tokens;    /* of the output */
    double cost_usd;             /* US dollars; below 0: not known, which is not the same as 0 */
} ultra_answer;

/*
 * Reads a terminal event of a request that succeeded. `ret_answer->struct_size` must be set.
 *
 * Returns 1; 0 if the event is neither `result` nor `done`; -EINVAL if struct_size is less than this version
 * ever had; ULTRA_ERROR_TYPE, -ERANGE or -ENOMEM as for the single fields. Members that the running library
 * does not know, because the program was built for a later one, become 0.
 */
int ultra_event_answer(ultra_event *event, ultra_answer *ret_answer);

/* What an `error` says. Text is lent by the event. */
typedef struct ultra_failure {
    size_t struct_size;        /* in: sizeof(ultra_failure) */
    const char *code;          /* one of the protocol's words, ultra-protocol(7): `rate_limited`, … */
    const char *message;       /* one sentence a person can act on */
    const char *hint;          /* what to do about it; NULL: nothing to say, as for each text below */
    const char *field;         /* the offending field of an `invalid_request` */
    const char *provider;      /* who refused; `ultrad` for a limit of the daemon's own */
    const char *model;         /* `provider/model` that was asked */
    const char *provider_code; /* the provider's own word for it */
    const char *request_id;    /* the provider's, for its support */
    int64_t status;            /* HTTP status; -1: no reply arrived */
    int64_t retry_after_ms;    /* how long to wait before another try, in ms; -1: not said */
    int retryable;             /* 1: the same request may succeed later; 0: it will not */
} ultra_failure;

/*
 * Reads the terminal event of a request that failed. `ret_failure->struct_size` must be set.
 *
 * Returns 1; 0 if the event is no `error`; else as ultra_event_answer().
 */
int ultra_event_failure(ultra_event *event, ultra_failure *ret_failure);

/* --- JSON --------------------------------------------------------------------------------------- */

/*
 * Writes `length` bytes of UTF-8 text as a JSON string with its quotes, for use in `fields`.
 * SIZE_MAX: up to the terminating NUL.
 *
 * Returns 0, -EILSEQ if the text is not UTF-8, or -ENOMEM. *ret_json is NUL-terminated text for free().
 */
int ultra_json_quote(const char *text, size_t length, char **ret_json);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
