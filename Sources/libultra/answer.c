#include "event.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Reads terminal events into the public structs ultra_answer and ultra_failure. */

struct field {
    const char *path;
    enum { STRING, COUNT, NUMBER, BOOLEAN } type;
    size_t offset;
};

#define FIELD(container, type, member, path) {path, type, offsetof(container, member)}

static const struct field answer_fields[] = {
    FIELD(ultra_answer, STRING, model, "model"),
    FIELD(ultra_answer, STRING, provider, "provider"),
    FIELD(ultra_answer, STRING, text, "text"),
    FIELD(ultra_answer, STRING, reasoning, "reasoning"),
    FIELD(ultra_answer, STRING, finish_reason, "finish_reason"),
    FIELD(ultra_answer, STRING, request_id, "request_id"),
    FIELD(ultra_answer, COUNT, input_tokens, "usage.input_tokens"),
    FIELD(ultra_answer, COUNT, output_tokens, "usage.output_tokens"),
    FIELD(ultra_answer, COUNT, cached_input_tokens, "usage.cached_input_tokens"),
    FIELD(ultra_answer, COUNT, reasoning_tokens, "usage.reasoning_tokens"),
    FIELD(ultra_answer, NUMBER, cost_usd, "cost_usd"),
};

static const struct field failure_fields[] = {
    FIELD(ultra_failure, STRING, code, "error.code"),
    FIELD(ultra_failure, STRING, message, "error.message"),
    FIELD(ultra_failure, STRING, hint, "error.hint"),
    FIELD(ultra_failure, STRING, field, "error.field"),
    FIELD(ultra_failure, STRING, provider, "error.provider"),
    FIELD(ultra_failure, STRING, model, "error.model"),
    FIELD(ultra_failure, STRING, provider_code, "error.provider_code"),
    FIELD(ultra_failure, STRING, request_id, "error.request_id"),
    FIELD(ultra_failure, COUNT, status, "error.status"),
    FIELD(ultra_failure, COUNT, retry_after_ms, "error.retry_after_ms"),
    FIELD(ultra_failure, BOOLEAN, retryable, "error.retryable"),
};

/* The sizes of the structs in the first release, and so the smallest valid struct_size. */
enum {
    ANSWER_FIRST_BYTES = offsetof(ultra_answer, cost_usd) + sizeof(double),
    FAILURE_FIRST_BYTES = offsetof(ultra_failure, retryable) + sizeof(int)
};

static int read_field(ultra_event *event, const struct field *field, char *container) {
    const char *string = NULL;
    int64_t count = -1;
    double number = -1;
    int r = 0, boolean = 0;

    switch (field->type) {
    case STRING:
        r = ultra_event_string(event, field->path, &string, NULL);
        memcpy(container + field->offset, &string, sizeof string);
        break;
    case COUNT:
        r = ultra_event_integer(event, field->path, &count);
        memcpy(container + field->offset, &count, sizeof count);
        break;
    case NUMBER:
        r = ultra_event_number(event, field->path, &number);
        memcpy(container + field->offset, &number, sizeof number);
        break;
    case BOOLEAN:
        r = ultra_event_boolean(event, field->path, &boolean);
        memcpy(container + field->offset, &boolean, sizeof boolean);
        break;
    }
    return r;
}

static int read_fields(ultra_event *event, const struct field *fields, size_t count, char *container) {
    for (size_t i = 0; i < count; i++) {
        int r = read_field(event, &fields[i], container);

        if (r < 0)
            return r;
    }
    return 1;
}

/* Copies `own` into the caller's struct, which may be of another version and thus of another size. Its first member,
 * struct_size, keeps the caller's size. */
static void hand_out(void *out, size_t out_bytes, const void *own, size_t own_bytes) {
    size_t common = out_bytes < own_bytes ? out_bytes : own_bytes;

    memset(out, 0, out_bytes);
    memcpy(out, own, common);
    memcpy(out, &out_bytes, sizeof out_bytes);
}

int ultra_event_answer(ultra_event *event, ultra_answer *ret_answer) {
    ultra_answer own;
    int r;

    if (ret_answer->struct_size < ANSWER_FIRST_BYTES)
        return -EINVAL;
    if (event->kind != ULTRA_KIND_RESULT && event->kind != ULTRA_KIND_DONE)
        return 0;
    memset(&own, 0, sizeof own);
    r = read_fields(event, answer_fields, sizeof answer_fields / sizeof *answer_fields, (char *)&own);
    if (r > 0)
        hand_out(ret_answer, ret_answer->struct_size, &own, sizeof own);
    return r;
}

int ultra_event_failure(ultra_event *event, ultra_failure *ret_failure) {
    ultra_failure own;
    int r;

    if (ret_failure->struct_size < FAILURE_FIRST_BYTES)
        return -EINVAL;
    if (event->kind != ULTRA_KIND_ERROR)
        return 0;
    memset(&own, 0, sizeof own);
    r = read_fields(event, failure_fields, sizeof failure_fields / sizeof *failure_fields, (char *)&own);
    if (r > 0)
        hand_out(ret_failure, ret_failure->struct_size, &own, sizeof own);
    return r;
}
