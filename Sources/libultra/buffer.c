#include "buffer.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* An empty buffer keeps at most this much memory. */
enum { KEPT_BYTES = 64 * 1024 };

int buffer_reserve(struct buffer *buffer, size_t room) {
    size_t length = buffer_length(buffer);
    size_t capacity;
    char *bytes;

    if (buffer->capacity - buffer->end >= room)
        return 0;
    if (buffer->start > 0) {
        memmove(buffer->bytes, buffer->bytes + buffer->start, length);
        buffer->start = 0;
        buffer->end = length;
        if (buffer->capacity - length >= room)
            return 0;
    }
    if (room > SIZE_MAX / 2 - length)
        return -ENOMEM;
    capacity = length + room;
    if (capacity < 2 * buffer->capacity)
        capacity = 2 * buffer->capacity;
    bytes = realloc(buffer->bytes, capacity);
    if (!bytes)
        return -ENOMEM;
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return 0;
}

int buffer_append(struct buffer *buffer, const void *bytes, size_t length) {
    int r = buffer_reserve(buffer, length);

    if (r < 0)
        return r;
    memcpy(buffer->bytes + buffer->end, bytes, length);
    buffer->end += length;
    return 0;
}

void buffer_consume(struct buffer *buffer, size_t length) {
    buffer->start += length;
    if (buffer->start < buffer->end)
        return;
    buffer->start = buffer->end = 0;
    if (buffer->capacity > KEPT_BYTES)
        buffer_free(buffer);
}

void buffer_free(struct buffer *buffer) {
    free(buffer->bytes);
    *buffer = (struct buffer){NULL, 0, 0, 0};
}
