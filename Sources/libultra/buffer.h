#ifndef ULTRA_BUFFER_H
#define ULTRA_BUFFER_H

#include <stddef.h>

/* Bytes in order: appended at the back, consumed at the front. All zero is an empty buffer. */
struct buffer {
    char *bytes;
    size_t start;    /* first byte not consumed */
    size_t end;      /* behind the last byte appended */
    size_t capacity;
};

/* The bytes not consumed yet; never NULL. */
static inline const char *buffer_front(const struct buffer *buffer) {
    return buffer->bytes ? buffer->bytes + buffer->start : "";
}

static inline size_t buffer_length(const struct buffer *buffer) { return buffer->end - buffer->start; }

/* Makes room for `room` more bytes at the back; at least doubles when it grows. 0 or -ENOMEM. */
int buffer_reserve(struct buffer *buffer, size_t room);

/* 0 or -ENOMEM; nothing was appended then. */
int buffer_append(struct buffer *buffer, const void *bytes, size_t length);

/* Drops `length` bytes at the front. An empty buffer that one long frame had blown up is given back. */
void buffer_consume(struct buffer *buffer, size_t length);

void buffer_free(struct buffer *buffer);

#endif
