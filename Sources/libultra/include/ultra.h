/*
 * libultra: C client of ultrad, the LLM daemon.
 *
 * Wire protocol 1: JSON frames over a Unix stream socket, ultra-protocol(7). The library starts no
 * thread, installs no signal handler, prints nothing and has no global state; it depends only on libc.
 *
 *     ultra_connection *connection;
 *     ultra_event *answer;
 *     int r = ultra_connect(NULL, 1000, &connection);
 *     if (r >= 0)
 *         r = ultra_call(connection, "generate", "{\"prompt\":\"Hello\"}", -1, &answer);
 *
 * Results. A function that returns int returns 0 or more on success and a negative number on failure:
 * either -errno (-1 to -4095) of a failed system call, or a value of ultra_error (all below -10000).
 * Output parameters are named ret_… and stay unchanged on failure unless a function says otherwise.
 *
 * Ownership. An object returned through ret_… belongs to the caller, who releases it with the _free
 * function of its type; text is released with free(). Every _free function accepts NULL and returns NULL.
 * Text obtained from an event is owned by the event and valid until the event is freed.
 *
 * Threads. One thread at a time may use a connection or an event; different connections and events are
 * independent. Only ultra_cancel() may be called from any thread and from signal handlers.
 *
 * Time. Timeouts are in milliseconds: -1 means no limit, 0 does not wait. Functions never fail with
 * EINTR: an interrupted wait continues for the time that remains.
 *
 * Forks. A connection belongs to the process that opened it. In a child process, every function that takes
 * the connection and returns int fails with -ECHILD. ultra_connection_free() is allowed there and does not
 * affect the parent's connection.
 *
 * Compatibility. Declarations in this header keep their meaning and layout for the life of libultra.so.0.
 * Structs that may gain members begin with `struct_size`, which the caller sets to the size it was compiled
 * with. New values of ultra_kind and ultra_error may be added; programs must ignore unknown values.
 *
 * Arguments. Pointers must not be NULL unless the function allows it. Text is NUL-terminated.
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

/* ULTRA_VERSION of the library loaded at run time. Static text, never NULL. */
const char *ultra_version(void);

/* --- Errors ------------------------------------------------------------------------------------- */

typedef enum ultra_error {
    /* The daemon answered with an error. The returned event has `error.code`, `error.message` and, if
     * there is advice, `error.hint`; see ultra_event_failure(). */
    ULTRA_ERROR_REMOTE = -10001,
    /* The daemon closed the connection. Requests in flight will not be answered. */
    ULTRA_ERROR_CLOSED = -10002,
    /* The daemon closed the connection in the middle of a frame. */
    ULTRA_ERROR_TRUNCATED = -10003,
    /* The peer violated the protocol: a frame length out of range, or a frame that is not one JSON object
     * with `id` and `event`. The connection is unusable until ultra_reconnect(). */
    ULTRA_ERROR_PROTOCOL = -10004,
    /* The daemon is stopping and accepts no more requests. The request was not sent: it is safe to send it
     * again after ultra_reconnect() or on a new connection. */
    ULTRA_ERROR_GOAWAY = -10005,
    /* The field has a different JSON type from the one requested. */
    ULTRA_ERROR_TYPE = -10006
} ultra_error;

/* Describes a negative result of this library in one sentence, without a full stop. Returns static text for
 * ultra_error and unknown numbers, and strerror()'s text for -errno, which is valid until this thread calls
 * strerror() again. Never NULL. */
const char *ultra_strerror(int error);

/* --- Connections -------------------------------------------------------------------------------- */

/* A connection to the daemon. */
typedef struct ultra_connection ultra_connection;

/*
 * Returns the socket path that ultra_connect() uses. It is the first of:
 *   1. `path`, unless NULL or empty,
 *   2. $ULTRAD_SOCKET, unless empty,
 *   3. $XDG_RUNTIME_DIR/ultrad/ultrad.sock, if it exists,
 *   4. /run/ultrad/ultrad.sock.
 * A program that runs with elevated privileges ignores the environment (secure_getenv(3)).
 *
 * Returns 0, or -ENOMEM. The caller releases *ret_path with free().
 */
int ultra_socket_path(const char *path, char **ret_path);

/*
 * Connects to the daemon at ultra_socket_path(path). `timeout_ms` limits the wait while the daemon's listen
 * backlog is full.
 *
 * Returns 0, or: -ENOENT if there is no socket; -ECONNREFUSED if nobody listens on it; -EACCES if the caller
 * has no permission; -EAGAIN or -ETIMEDOUT if the backlog stayed full; -ENAMETOOLONG if the path is longer
 * than 107 bytes; -EMFILE, -ENOMEM and other -errno of socket(2) and connect(2).
 */
int ultra_connect(const char *path, int timeout_ms, ultra_connection **ret_connection);

/*
 * Makes a connection from `fd`, a connected Unix stream socket. The connection takes ownership of it and
 * makes it non-blocking. On failure the caller keeps ownership.
 *
 * Returns 0, -ENOMEM, or -errno of fcntl(2), pipe2(2) or epoll_create1(2).
 */
int ultra_connect_fd(int fd, ultra_connection **ret_connection);

/*
 * Connects to the same socket again after the connection ended, for example because the daemon restarted.
 * While the daemon is not listening yet (-ENOENT, -ECONNREFUSED), retries until `timeout_ms` has passed;
 * 0 tries once without waiting, for programs with an event loop.
 *
 * The connection keeps its descriptor (ultra_get_fd()), its frame limit and the events set aside by
 * ultra_call(). Request ids continue, so no event can be mistaken for one of an older request. Requests in
 * flight end without a terminal event, and may or may not have been executed. The library never sends a
 * request again: only the caller knows what a second answer costs. Received events that were not taken are
 * lost, so call ultra_next() until it fails before reconnecting.
 *
 * Returns 0, or: -EBUSY if requests are in flight and the connection has not ended; -EOPNOTSUPP if the
 * connection was made by ultra_connect_fd(); -ECHILD; or a failure of ultra_connect(). On failure nothing
 * has changed.
 */
int ultra_reconnect(ultra_connection *connection, int timeout_ms);

/* Closes the connection; the daemon cancels its requests in flight. `connection` may be NULL. Returns NULL. */
ultra_connection *ultra_connection_free(ultra_connection *connection);

/*
 * Sets the frame limit: the longest frame sent and accepted, in bytes of JSON. The default is 16 MiB. A
 * longer request fails with -EMSGSIZE, a longer frame from the daemon with ULTRA_ERROR_PROTOCOL. Buffers
 * grow only as bytes arrive.
 *
 * Returns 0, -EINVAL if `bytes` is not within 2 … 2^31 − 1, or -ECHILD.
 */
int ultra_set_max_frame_bytes(ultra_connection *connection, size_t bytes);

/* --- Requests ----------------------------------------------------------------------------------- */

/*
 * Sends a request without waiting for its answer. Any number of requests may be in flight.
 *
 * `op` names the operation (`generate`, `stream`, `status`, …). `fields` is a JSON object with the
 * operation's fields, without `id` and `op`, which the library adds; NULL means {}. *ret_id receives the
 * request's id, which its events carry and which is never 0; ret_id may be NULL.
 *
 * Bytes that the socket does not accept at once are buffered; ultra_next() and ultra_process() send them.
 *
 * Returns 0, or: -EINVAL if `op` or `fields` is invalid; -EMSGSIZE if the request exceeds the frame limit;
 * -EAGAIN if the unsent bytes already exceed the frame limit; ULTRA_ERROR_GOAWAY; ULTRA_ERROR_CLOSED;
 * -ENOMEM; -ECHILD; or the failure that ended this connection.
 */
int ultra_send(ultra_connection *connection, const char *op, const char *fields, uint64_t *ret_id);

/* One event of a request, or of the connection itself. */
typedef struct ultra_event ultra_event;

/*
 * Takes the next event of any request, waiting up to `timeout_ms` for it. The events of one request arrive
 * in order and end with a terminal event (see ultra_kind); events of different requests interleave.
 *
 * Returns 1 and an event, 0 if none arrived in time, or: -ENOMEM, after which the call may be repeated;
 * -ECHILD; or the failure that ended the connection (ULTRA_ERROR_CLOSED, ULTRA_ERROR_TRUNCATED,
 * ULTRA_ERROR_PROTOCOL, or -errno of recv(2)). That failure is returned once all earlier events were taken,
 * and by every later call.
 */
int ultra_next(ultra_connection *connection, int timeout_ms, ultra_event **ret_event);

/*
 * Sends a request and waits for its terminal event; drops its earlier events (progress, deltas). Events of
 * other requests that arrive meanwhile are set aside for ultra_next().
 *
 * Returns 0 and the `result` or `done` event, or ULTRA_ERROR_REMOTE and the `error` event. Other failures
 * leave *ret_event unchanged: -ETIMEDOUT if no answer arrived in time; -ENOBUFS if the events set aside
 * exceed the frame limit; or a failure of ultra_send() or ultra_next(). After -ETIMEDOUT and -ENOBUFS the
 * request is cancelled and none of its events will appear.
 */
int ultra_call(ultra_connection *connection, const char *op, const char *fields, int timeout_ms,
               ultra_event **ret_event);

/*
 * Asks the daemon to cancel request `id`. The request still ends with a terminal event: `error` with code
 * `cancelled`, or its result if that was sent first. An `id` that is not in flight is ignored.
 *
 * May be called from any thread and from signal handlers. If another thread is waiting in ultra_next(), it
 * sends the cancellation at once; otherwise the next ultra_next(), ultra_call() or ultra_process() sends
 * it. The connection must not be freed during this call. Preserves errno.
 *
 * Returns 0; -EAGAIN if thousands of cancellations are waiting to be sent; or -ECHILD.
 */
int ultra_cancel(ultra_connection *connection, uint64_t id);

/* The number of sent requests whose terminal event was not taken. In a forked child: the number at the fork. */
size_t ultra_in_flight(const ultra_connection *connection);

/* Returns 1 once the daemon has announced that it is stopping (a `goaway` event was taken, or skipped by
 * ultra_call()): it finishes requests in flight, and new ones require ultra_reconnect(). Otherwise 0, or
 * -ECHILD. */
int ultra_is_draining(const ultra_connection *connection);

/* --- Event loops -------------------------------------------------------------------------------- */

/*
 * For programs with their own event loop: watch ultra_get_fd() for ultra_get_events(), wait no longer than
 * ultra_get_timeout(), then call ultra_next(connection, 0, …) until it returns 0.
 */

/* Returns the descriptor to watch, or -ECHILD. It is an epoll descriptor, not the socket, and stays the same
 * across ultra_reconnect(). It belongs to the connection: do not read or close it. */
int ultra_get_fd(const ultra_connection *connection);

/* Returns the poll(2) events to watch for: POLLIN, or 0 if the connection has ended; or -ECHILD. Call it
 * again after each ultra_next() and ultra_reconnect(). */
int ultra_get_events(const ultra_connection *connection);

/* Returns the longest time to wait before the next ultra_next() or ultra_process(), in milliseconds: 0 if an
 * event is available now, -1 for no limit; or -ECHILD. */
int ultra_get_timeout(const ultra_connection *connection);

/*
 * Sends and receives as much as possible without waiting, and takes no event. ultra_next() does the same
 * work; use this to get requests sent before the program is ready for events.
 *
 * Returns 1 if an event is available, 0 if not, or a failure of ultra_next().
 */
int ultra_process(ultra_connection *connection);

/* --- Events ------------------------------------------------------------------------------------- */

typedef enum ultra_kind {
    ULTRA_KIND_OTHER = 0,    /* unknown to this version of the library: ignore it */
    ULTRA_KIND_RESULT = 1,   /* terminal: the complete answer */
    ULTRA_KIND_DONE = 2,     /* terminal: the end of a stream */
    ULTRA_KIND_ERROR = 3,    /* terminal: `error.code`, `error.message`, `error.hint`, … */
    ULTRA_KIND_PROGRESS = 4, /* `phase`; only for requests with "progress":true */
    ULTRA_KIND_START = 5,    /* `model`, `provider` */
    ULTRA_KIND_DELTA = 6,    /* `text`, `reasoning` or `tool_call` */
    ULTRA_KIND_RESTART = 7,  /* another model starts over: discard everything streamed so far */
    ULTRA_KIND_SNAPSHOT = 8, /* subscription: `seq`, `data` */
    ULTRA_KIND_EVENT = 9,    /* subscription: `seq`, `topic`, `data` */
    ULTRA_KIND_GOAWAY = 10   /* connection, id 0: the daemon is stopping */
} ultra_kind;

/* Frees the event and all text obtained from it. `event` may be NULL. Returns NULL. */
ultra_event *ultra_event_free(ultra_event *event);

/* Returns the event's kind; ULTRA_KIND_OTHER if this version of the library does not know it. */
ultra_kind ultra_event_kind(const ultra_event *event);

/* Returns the id of the event's request; 0 for events of the connection itself (`goaway`, and an `error`
 * before the daemon closes it). */
uint64_t ultra_event_id(const ultra_event *event);

/* Returns the whole frame as received: one JSON object in UTF-8, NUL-terminated, owned by the event.
 * ret_length may be NULL. */
const char *ultra_event_json(const ultra_event *event, size_t *ret_length);

/*
 * Fields of an event. `path` names a field of the frame, or a nested field with dots: "text",
 * "error.message", "usage.input_tokens", "models.0.id" (array elements are numbered from 0).
 *
 * Each function returns 1 and the value; 0 if there is no such field or it is null; ULTRA_ERROR_TYPE if it
 * has another type. Each call makes one pass over the frame.
 */

/* A string, unescaped: UTF-8, NUL-terminated, owned by the event. It contains NUL if the JSON contains
 * \u0000; *ret_length, if not NULL, receives the full length in bytes. An unpaired surrogate becomes
 * U+FFFD. Also returns -ENOMEM. */
int ultra_event_string(ultra_event *event, const char *path, const char **ret_string, size_t *ret_length);

/* A number without fraction and exponent. Also returns -ERANGE if it does not fit into 64 bits. */
int ultra_event_integer(const ultra_event *event, const char *path, int64_t *ret_integer);

/* Any number, as the nearest double, independent of the locale. Also returns -ENOMEM. */
int ultra_event_number(const ultra_event *event, const char *path, double *ret_number);

/* A boolean: 1 for true, 0 for false. */
int ultra_event_boolean(const ultra_event *event, const char *path, int *ret_boolean);

/* The number of elements of an array. */
int ultra_event_count(const ultra_event *event, const char *path, size_t *ret_count);

/* The JSON of a value of any type, null included: owned by the event, not NUL-terminated. */
int ultra_event_raw(const ultra_event *event, const char *path, const char **ret_json, size_t *ret_length);

/* --- Answers ------------------------------------------------------------------------------------ */

/* The content of a `result` or `done` event of `generate`, `stream` or `embed`. The event owns the text. */
typedef struct ultra_answer {
    size_t struct_size;          /* in: sizeof(ultra_answer) */
    const char *model;           /* the model that answered, `provider/model`; NULL if unknown, as all text here */
    const char *provider;        /* the provider's id */
    const char *text;            /* the complete answer; NULL in `done` */
    const char *reasoning;       /* the model's reasoning, if requested and available; NULL in `done` */
    const char *finish_reason;   /* `stop`, `length`, `tool_calls`, `content_filter` or `other` */
    const char *request_id;      /* the provider's request id, for its support */
    int64_t input_tokens;        /* all input tokens, cached ones included; -1 if unknown, as all tokens here */
    int64_t output_tokens;       /* all output tokens, reasoning included */
    int64_t cached_input_tokens; /* input tokens read from the provider's cache */
    int64_t reasoning_tokens;    /* output tokens spent on reasoning */
    double cost_usd;             /* US dollars; negative if unknown, 0 if free */
} ultra_answer;

/*
 * Reads the terminal event of a successful request. `ret_answer->struct_size` must be set.
 *
 * Returns 1; 0 if the event is neither `result` nor `done`; -EINVAL if struct_size is smaller than in any
 * version; ULTRA_ERROR_TYPE, -ERANGE or -ENOMEM as for single fields. If the program was built for a later
 * version of the library, members that the loaded library does not know are set to 0.
 */
int ultra_event_answer(ultra_event *event, ultra_answer *ret_answer);

/* The content of an `error` event. The event owns the text. */
typedef struct ultra_failure {
    size_t struct_size;        /* in: sizeof(ultra_failure) */
    const char *code;          /* an error code of ultra-protocol(7): `rate_limited`, … */
    const char *message;       /* one sentence for people */
    const char *hint;          /* what to do about it; NULL if there is no advice; text below: NULL if unknown */
    const char *field;         /* the offending field of an `invalid_request` */
    const char *provider;      /* the provider that failed; `ultrad` for the daemon's own limits */
    const char *model;         /* the model requested, `provider/model` */
    const char *provider_code; /* the provider's own error code */
    const char *request_id;    /* the provider's request id, for its support */
    int64_t status;            /* HTTP status; -1 if there was no reply */
    int64_t retry_after_ms;    /* how long to wait before a retry, in milliseconds; -1 if unknown */
    int retryable;             /* 1 if the same request may succeed later, otherwise 0 */
} ultra_failure;

/*
 * Reads the terminal event of a failed request. `ret_failure->struct_size` must be set.
 *
 * Returns 1; 0 if the event is not an `error`; otherwise a failure as in ultra_event_answer().
 */
int ultra_event_failure(ultra_event *event, ultra_failure *ret_failure);

/* --- JSON --------------------------------------------------------------------------------------- */

/*
 * Encodes `length` bytes of UTF-8 text as a JSON string with quotes, for use in `fields`. A length of
 * SIZE_MAX means up to the terminating NUL.
 *
 * Returns 0, -EILSEQ if the text is not UTF-8, or -ENOMEM. *ret_json is NUL-terminated; release it with
 * free().
 */
int ultra_json_quote(const char *text, size_t length, char **ret_json);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
