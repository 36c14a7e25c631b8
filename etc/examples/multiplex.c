/*
 * Sends the same prompt to several models at once over one connection, in a poll(2) loop, and prints each answer when
 * it is complete.
 *
 *     cc -o multiplex multiplex.c -lultra
 *     ./multiplex "Why is the sky blue?" openai/gpt-4o anthropic/claude-sonnet-4
 */
#include <ultra.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sends one request. Returns its id, or 0. */
static uint64_t ask(ultra_connection *connection, const char *prompt, const char *model) {
    char *prompt_json = NULL, *model_json = NULL, *fields = NULL;
    uint64_t id = 0;

    if (ultra_json_quote(prompt, SIZE_MAX, &prompt_json) >= 0 && ultra_json_quote(model, SIZE_MAX, &model_json) >= 0) {
        size_t size = strlen(prompt_json) + strlen(model_json) + sizeof "{\"prompt\":,\"model\":}";

        fields = malloc(size);
        if (fields) {
            snprintf(fields, size, "{\"prompt\":%s,\"model\":%s}", prompt_json, model_json);
            ultra_send(connection, "generate", fields, &id);
        }
    }
    free(prompt_json);
    free(model_json);
    free(fields);
    return id;
}

static void print_event(ultra_event *event, char **models, const uint64_t *ids, int count) {
    const char *text;
    int failed = ultra_event_kind(event) == ULTRA_KIND_ERROR;

    if (ultra_event_string(event, failed ? "error.message" : "text", &text, NULL) <= 0)
        return;
    for (int i = 0; i < count; i++)
        if (ids[i] == ultra_event_id(event))
            printf("%s%s: %s\n", models[i], failed ? " failed" : "", text);
}

/* Runs the loop until no request is in flight. Returns 0, or the negative result of libultra. */
static int run(ultra_connection *connection, char **models, const uint64_t *ids, int count) {
    while (ultra_in_flight(connection) > 0) {
        struct pollfd watched = {ultra_get_fd(connection), (short)ultra_get_events(connection), 0};
        ultra_event *event;
        int r;

        /* A real program polls other descriptors here too. */
        if (poll(&watched, 1, ultra_get_timeout(connection)) < 0 && errno != EINTR)
            return -errno;
        while ((r = ultra_next(connection, 0, &event)) > 0) {
            print_event(event, models, ids, count);
            ultra_event_free(event);
        }
        if (r < 0)
            return r;
    }
    return 0;
}

int main(int argc, char **argv) {
    ultra_connection *connection;
    uint64_t *ids;
    int r, count = argc - 2;

    if (count < 1) {
        fprintf(stderr, "usage: multiplex PROMPT MODEL...\n");
        return 2;
    }
    r = ultra_connect(NULL, 5000, &connection);
    if (r < 0) {
        fprintf(stderr, "multiplex: no connection to ultrad: %s\n", ultra_strerror(r));
        return 3;
    }
    ids = calloc((size_t)count, sizeof *ids);
    if (ids) {
        for (int i = 0; i < count; i++) {
            ids[i] = ask(connection, argv[1], argv[2 + i]);
            if (ids[i] == 0)
                fprintf(stderr, "multiplex: %s could not be asked\n", argv[2 + i]);
        }
        r = run(connection, argv + 2, ids, count);
        if (r < 0)
            fprintf(stderr, "multiplex: %s\n", ultra_strerror(r));
    }
    free(ids);
    ultra_connection_free(connection);
    return r < 0 || !ids;
}
