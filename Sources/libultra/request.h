#ifndef ULTRA_REQUEST_H
#define ULTRA_REQUEST_H

#include <stddef.h>
#include <stdint.h>

struct buffer;

/*
 * Appends the frame of a request; appends nothing on failure.
 *
 * Returns 0; -EINVAL if `op` or `fields` is invalid (see ultra_send()); -EMSGSIZE; or -ENOMEM.
 */
int request_append(struct buffer *out, uint64_t id, const char *op, const char *fields, size_t max_bytes);

#endif
