#ifndef ULTRA_BUFFER_H
#define ULTRA_BUFFER_H

#include <stddef.h>

/* A byte queue: appended at the end, consumed at the start. All zero is an empty buffer. */
struct buffer {
    char *bytes;
    size_t start;    /* offset of the first unconsumed byte */
    size_t end;      /* offset after the last byte */
    size_t capacity;
};

/* The unconsumed bytes; never NULL. */
static inline const char *buffer_front(const struct buffer *buffer) {
    return buffer->bytes ? buffer->bytes + buffer->start : "";
}

static inline size_t buffer_length(const struct buffer *buffer) { return buffer->end - buffer->start; }

/* Makes room for `room` more bytes. Growing at least doubles the capacity. Returns 0 or -ENOMEM. */
int buffer_reserve(struct buffer *buffer, size_t room);

/* Returns 0, or -ENOMEM if nothing was appended. */
int buffer_append(struct buffer *buffer, const void *bytes, size_t length);

/* Drops `length` bytes at the start. Frees the memory once the buffer is empty and larger than usual. */
void buffer_consume(struct buffer *buffer, size_t length);

void buffer_free(struct buffer *buffer);

#endif
