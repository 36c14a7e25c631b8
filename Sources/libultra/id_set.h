#ifndef ULTRA_ID_SET_H
#define ULTRA_ID_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The ids of the requests in flight, in ascending order. All zero is an empty set. */
struct id_set {
    uint64_t *ids;
    size_t count;
    size_t capacity;
};

/* Makes room for one more id. Returns 0 or -ENOMEM. */
int id_set_reserve(struct id_set *set);

/* Adds `id`, which must be greater than all others, after id_set_reserve(). */
void id_set_add(struct id_set *set, uint64_t id);

bool id_set_contains(const struct id_set *set, uint64_t id);

/* Removes `id`; does nothing if it is not in the set. */
void id_set_remove(struct id_set *set, uint64_t id);

void id_set_free(struct id_set *set);

#endif
