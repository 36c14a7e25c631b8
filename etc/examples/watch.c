/*
 * Prints each change of a model's or provider's state, in a poll(2) loop, and reconnects when the daemon was
 * restarted. Ends after COUNT changes, if given.
 *
 *     cc -o watch watch.c -lultra
 *     ./watch [COUNT]
 */
#include <ultra.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { PAUSE_MS = 100 };

static long left = -1; /* changes left to print; below 0: no limit */

/* Prints one event. Returns 0, or -1 if the subscription was refused. */
static int print_event(ultra_event *event) {
    const char *provider, *model, *state, *reason;
    ultra_failure failure;
    size_t count;

    if (ultra_event_kind(event) == ULTRA_KIND_SNAPSHOT && ultra_event_count(event, "data.models", &count) > 0)
        printf("%zu models\n", count);
    if (ultra_event_kind(event) == ULTRA_KIND_EVENT && ultra_event_string(event, "data.provider", &provider, NULL) > 0 &&
        ultra_event_string(event, "data.to", &state, NULL) > 0) {
        /* A change of the provider as a whole names no model. */
        if (ultra_event_string(event, "data.model", &model, NULL) <= 0)
            model = provider;
        if (ultra_event_string(event, "data.reason", &reason, NULL) <= 0)
            reason = "";
        printf("%s is %s: %s\n", model, state, reason);
        if (left > 0)
            left--;
    }
    fflush(stdout);
    failure.struct_size = sizeof failure;
    if (ultra_event_failure(event, &failure) > 0 && !failure.retryable) {
        fprintf(stderr, "watch: %s\n", failure.message ? failure.message : "refused");
        return -1;
    }
    return 0;
}

/* Handles all events that have arrived. Returns 1 if the subscription continues, 0 if it has ended and may be made
 * again, and -1 on failure. */
static int handle_events(ultra_connection *connection) {
    ultra_event *event;
    int r;

    while (left != 0 && ultra_in_flight(connection) > 0 && (r = ultra_next(connection, 0, &event)) != 0) {
        if (r < 0) {
            fprintf(stderr, "watch: %s\n", ultra_strerror(r));
            return r == ULTRA_ERROR_CLOSED || r == ULTRA_ERROR_TRUNCATED ? 0 : -1;
        }
        r = print_event(event);
        ultra_event_free(event);
        if (r < 0)
            return -1;
    }
    /* The subscription ends with an error event when the daemon stops, or when this program reads too slowly. */
    return ultra_in_flight(connection) > 0;
}

static int subscribe(ultra_connection *connection) {
    return ultra_send(connection, "subscribe", "{\"topics\":[\"health\"]}", NULL);
}

/* Runs the loop. Returns the exit status. */
static int run(ultra_connection *connection) {
    int is_subscribed = subscribe(connection) >= 0;

    while (left != 0) {
        /* A real program polls other descriptors here too. */
        struct pollfd watched = {ultra_get_fd(connection), (short)ultra_get_events(connection), 0};
        int r, timeout_ms = is_subscribed ? ultra_get_timeout(connection) : PAUSE_MS;

        if (poll(&watched, is_subscribed, timeout_ms) < 0 && errno != EINTR)
            return 1;
        if (is_subscribed) {
            r = handle_events(connection);
            if (r < 0)
                return 1;
            is_subscribed = r;
        } else
            is_subscribed = ultra_reconnect(connection, 0) >= 0 && subscribe(connection) >= 0;
    }
    return 0;
}

int main(int argc, char **argv) {
    ultra_connection *connection;
    int r, status;

    if (argc > 2 || (argc == 2 && (left = strtol(argv[1], NULL, 10)) <= 0)) {
        fprintf(stderr, "usage: watch [COUNT]\n");
        return 2;
    }
    r = ultra_connect(NULL, 5000, &connection);
    if (r < 0) {
        fprintf(stderr, "watch: no connection to ultrad: %s\n", ultra_strerror(r));
        return 3;
    }
    status = run(connection);
    ultra_connection_free(connection);
    return status;
}
