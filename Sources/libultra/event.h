#ifndef ULTRA_EVENT_H
#define ULTRA_EVENT_H

#include "ultra.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Unescaped text that an event lent to its user. */
struct text {
    struct text *next;
    char bytes[];
};

struct ultra_event {
    ultra_event *next; /* in the list it waits in */
    struct text *texts;
    uint64_t id;
    ultra_kind kind;
    size_t length; /* of `json`, without its NUL */
    char json[];
};

/*
 * Makes an event of the JSON of a frame, which is copied.
 * 0; ULTRA_ERROR_PROTOCOL: it is not one JSON object with `id` and `event`; -ENOMEM.
 */
int event_new(const char *json, size_t length, ultra_event **ret_event);

/* The last event of its request. */
bool event_is_terminal(const ultra_event *event);

#endif
