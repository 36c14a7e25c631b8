/*
 * Streams one answer to standard output; Ctrl-C cancels it at the provider.
 *
 *     cc -o generate generate.c -lultra
 *     ./generate "Why is the sky blue?" [MODEL]
 */
#define _POSIX_C_SOURCE 200809L
#include <ultra.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ultra_connection *connection;
static uint64_t request;

static void on_interrupt(int signal_number) {
    (void)signal_number;
    /* May be called from a signal handler; the stream then ends with the error `cancelled`. */
    ultra_cancel(connection, request);
}

/* Returns {"prompt":…,"model":…} as text to be freed with free(), or NULL. */
static char *request_fields(const char *prompt, const char *model) {
    char *prompt_json = NULL, *model_json = NULL, *fields = NULL;

    if (ultra_json_quote(prompt, SIZE_MAX, &prompt_json) >= 0 &&
        (!model || ultra_json_quote(model, SIZE_MAX, &model_json) >= 0)) {
        size_t size = strlen(prompt_json) + (model_json ? strlen(model_json) : 0) + sizeof "{\"prompt\":,\"model\":}";

        fields = malloc(size);
        if (fields && model_json)
            snprintf(fields, size, "{\"prompt\":%s,\"model\":%s}", prompt_json, model_json);
        else if (fields)
            snprintf(fields, size, "{\"prompt\":%s}", prompt_json);
    }
    free(prompt_json);
    free(model_json);
    return fields;
}

/* Prints the request's events until the last one. Returns the exit status. */
static int print_answer(void) {
    for (;;) {
        ultra_event *event;
        ultra_failure failure;
        const char *text;
        size_t length;
        ultra_kind kind;
        int r = ultra_next(connection, -1, &event);

        if (r < 0) {
            fprintf(stderr, "generate: %s\n", ultra_strerror(r));
            return 1;
        }
        kind = ultra_event_kind(event);
        if (kind == ULTRA_KIND_DELTA && ultra_event_string(event, "text", &text, &length) > 0) {
            fwrite(text, 1, length, stdout);
            fflush(stdout);
        }
        failure.struct_size = sizeof failure;
        if (ultra_event_failure(event, &failure) > 0) {
            fprintf(stderr, "generate: %s\n", failure.message ? failure.message : "no reason given");
            if (failure.hint)
                fprintf(stderr, "generate: %s\n", failure.hint);
        }
        ultra_event_free(event);
        if (kind == ULTRA_KIND_DONE) {
            putchar('\n');
            return 0;
        }
        if (kind == ULTRA_KIND_ERROR)
            return 1;
    }
}

int main(int argc, char **argv) {
    struct sigaction action;
    char *fields;
    int r, status;

    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: generate PROMPT [MODEL]\n");
        return 2;
    }
    r = ultra_connect(NULL, 5000, &connection);
    if (r < 0) {
        fprintf(stderr, "generate: no connection to ultrad: %s\n", ultra_strerror(r));
        return 3;
    }
    fields = request_fields(argv[1], argc > 2 ? argv[2] : NULL);
    r = fields ? ultra_send(connection, "stream", fields, &request) : -1;
    free(fields);
    if (r < 0) {
        fprintf(stderr, "generate: the request could not be sent\n");
        status = 1;
    } else {
        memset(&action, 0, sizeof action);
        action.sa_handler = on_interrupt;
        sigaction(SIGINT, &action, NULL);
        status = print_answer();
    }
    /* The handler uses the connection, so it must be reset before the connection is freed. */
    signal(SIGINT, SIG_DFL);
    ultra_connection_free(connection);
    return status;
}
