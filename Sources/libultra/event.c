#define _GNU_SOURCE
#include "event.h"

#include "json.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

/* The values of `event` in the protocol, indexed by ultra_kind. */
static const char *const kind_names[] = {
    NULL,    "result",  "done",     "error", "progress", "start",
    "delta", "restart", "snapshot", "event", "goaway",
};

static ultra_kind kind_named(struct json name) {
    for (size_t kind = 1; kind < sizeof kind_names / sizeof *kind_names; kind++)
        if (json_string_equals(name, kind_names[kind], strlen(kind_names[kind])))
            return (ultra_kind)kind;
    return ULTRA_KIND_OTHER;
}

/* Reads `id` and `event`. Returns false if the frame violates the protocol. */
static bool read_frame(struct json json, uint64_t *ret_id, ultra_kind *ret_kind) {
    struct json key, value;
    bool first = true, has_id = false, has_kind = false;
    int64_t id;
    int r;

    if (!json_enter_object(&json))
        return false;
    while ((r = json_next_member(&json, &first, &key, &value)) > 0) {
        if (json_string_equals(key, "id", 2)) {
            if (json_integer(value, &id) < 0 || id < 0)
                return false;
            *ret_id = (uint64_t)id;
            has_id = true;
        } else if (json_string_equals(key, "event", 5)) {
            if (!json_is_string(value))
                return false;
            *ret_kind = kind_named(value);
            has_kind = true;
        }
    }
    return r == 0 && json_at_end(&json) && has_id && has_kind;
}

int event_new(const char *json, size_t length, ultra_event **ret_event) {
    ultra_event *event;
    uint64_t id = 0;
    ultra_kind kind = ULTRA_KIND_OTHER;

    if (!read_frame((struct json){json, json + length}, &id, &kind))
        return ULTRA_ERROR_PROTOCOL;
    event = malloc(sizeof *event + length + 1);
    if (!event)
        return -ENOMEM;
    event->next = NULL;
    event->texts = NULL;
    event->id = id;
    event->kind = kind;
    event->length = length;
    memcpy(event->json, json, length);
    event->json[length] = '\0';
    *ret_event = event;
    return 0;
}

bool event_is_terminal(const ultra_event *event) {
    return event->kind == ULTRA_KIND_RESULT || event->kind == ULTRA_KIND_DONE || event->kind == ULTRA_KIND_ERROR;
}

ultra_event *ultra_event_free(ultra_event *event) {
    if (!event)
        return NULL;
    while (event->texts) {
        struct text *next = event->texts->next;

        free(event->texts);
        event->texts = next;
    }
    free(event);
    return NULL;
}

ultra_kind ultra_event_kind(const ultra_event *event) { return event->kind; }

uint64_t ultra_event_id(const ultra_event *event) { return event->id; }

const char *ultra_event_json(const ultra_event *event, size_t *ret_length) {
    if (ret_length)
        *ret_length = event->length;
    return event->json;
}

static int find(const ultra_event *event, const char *path, struct json *ret_value) {
    struct json root = {event->json, event->json + event->length};

    /* JSON allows white space before the object. */
    root.at += strspn(root.at, " \t\r\n");
    return json_find(root, path, ret_value);
}

/* Like find(), but treats null as absent. */
static int find_value(const ultra_event *event, const char *path, struct json *ret_value) {
    struct json value;

    if (find(event, path, &value) == 0 || json_is_null(value))
        return 0;
    *ret_value = value;
    return 1;
}

int ultra_event_string(ultra_event *event, const char *path, const char **ret_string, size_t *ret_length) {
    struct json value;
    struct text *text;
    size_t length;

    if (find_value(event, path, &value) == 0)
        return 0;
    if (!json_is_string(value))
        return ULTRA_ERROR_TYPE;
    /* Unescaped text is never longer than its JSON, and the two quotes leave room for the NUL. */
    text = malloc(sizeof *text + (size_t)(value.end - value.at));
    if (!text)
        return -ENOMEM;
    length = json_unescape(value, text->bytes);
    text->bytes[length] = '\0';
    text->next = event->texts;
    event->texts = text;
    *ret_string = text->bytes;
    if (ret_length)
        *ret_length = length;
    return 1;
}

int ultra_event_integer(const ultra_event *event, const char *path, int64_t *ret_integer) {
    struct json value;
    int r;

    if (find_value(event, path, &value) == 0)
        return 0;
    r = json_integer(value, ret_integer);
    return r < 0 ? r : 1;
}

int ultra_event_number(const ultra_event *event, const char *path, double *ret_number) {
    struct json value;
    locale_t c_locale, previous;

    if (find_value(event, path, &value) == 0)
        return 0;
    if (*value.at != '-' && (*value.at < '0' || *value.at > '9'))
        return ULTRA_ERROR_TYPE;
    /* strtod() uses the decimal point of the thread's locale. */
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (c_locale == (locale_t)0)
        return -errno;
    previous = uselocale(c_locale);
    /* The comma, bracket or NUL after the number ends the conversion. */
    *ret_number = strtod(value.at, NULL);
    uselocale(previous);
    freelocale(c_locale);
    return 1;
}

int ultra_event_boolean(const ultra_event *event, const char *path, int *ret_boolean) {
    struct json value;

    if (find_value(event, path, &value) == 0)
        return 0;
    if (*value.at != 't' && *value.at != 'f')
        return ULTRA_ERROR_TYPE;
    *ret_boolean = *value.at == 't';
    return 1;
}

int ultra_event_count(const ultra_event *event, const char *path, size_t *ret_count) {
    struct json value, element;
    bool first = true;
    size_t count = 0;

    if (find_value(event, path, &value) == 0)
        return 0;
    if (!json_enter_array(&value))
        return ULTRA_ERROR_TYPE;
    while (json_next_element(&value, &first, &element) > 0)
        count++;
    *ret_count = count;
    return 1;
}

int ultra_event_raw(const ultra_event *event, const char *path, const char **ret_json, size_t *ret_length) {
    struct json value;

    if (find(event, path, &value) == 0)
        return 0;
    *ret_json = value.at;
    *ret_length = (size_t)(value.end - value.at);
    return 1;
}
