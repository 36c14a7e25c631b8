#ifndef ULTRA_EVENT_H
#define ULTRA_EVENT_H

#include "ultra.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Unescaped text, owned by its event. */
struct text {
    struct text *next;
    char bytes[];
};

struct ultra_event {
    ultra_event *next; /* next event set aside by ultra_call() */
    struct text *texts;
    uint64_t id;
    ultra_kind kind;
    size_t length; /* of `json`, without its NUL */
    char json[];
};

/*
 * Makes an event from a copy of a frame's JSON.
 *
 * Returns 0; ULTRA_ERROR_PROTOCOL if it is not one JSON object with `id` and `event`; or -ENOMEM.
 */
int event_new(const char *json, size_t length, ultra_event **ret_event);

/* True if this is the last event of its request. */
bool event_is_terminal(const ultra_event *event);

#endif
