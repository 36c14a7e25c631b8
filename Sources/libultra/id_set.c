#include "id_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int id_set_reserve(struct id_set *set) {
    size_t capacity = set->capacity ? 2 * set->capacity : 8;
    uint64_t *ids;

    if (set->count < set->capacity)
        return 0;
    ids = realloc(set->ids, capacity * sizeof *ids);
    if (!ids)
        return -ENOMEM;
    set->ids = ids;
    set->capacity = capacity;
    return 0;
}

void id_set_add(struct id_set *set, uint64_t id) { set->ids[set->count++] = id; }

/* The index of the first id greater than or equal to `id`. */
static size_t id_set_index(const struct id_set *set, uint64_t id) {
    size_t low = 0, high = set->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (set->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool id_set_contains(const struct id_set *set, uint64_t id) {
    size_t index = id_set_index(set, id);

    return index < set->count && set->ids[index] == id;
}

void id_set_remove(struct id_set *set, uint64_t id) {
    size_t index = id_set_index(set, id);

    if (index == set->count || set->ids[index] != id)
        return;
    set->count--;
    memmove(set->ids + index, set->ids + index + 1, (set->count - index) * sizeof *set->ids);
}

void id_set_free(struct id_set *set) {
    free(set->ids);
    *set = (struct id_set){NULL, 0, 0};
}
