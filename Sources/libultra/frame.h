#ifndef ULTRA_FRAME_H
#define ULTRA_FRAME_H

#include <stddef.h>

/* A frame: its length as an unsigned 32-bit big-endian number, then that many bytes of JSON. */
enum { FRAME_HEADER_BYTES = 4, FRAME_MIN_BYTES = 2, FRAME_DEFAULT_MAX_BYTES = 16 * 1024 * 1024 };

/*
 * Looks for a complete frame at the start of `bytes`.
 *
 * Returns 1 and the length of its JSON, which follows the header; 0 if more bytes are needed; or
 * ULTRA_ERROR_PROTOCOL if the frame's length is not within FRAME_MIN_BYTES … `max_bytes`.
 */
int frame_find(const char *bytes, size_t length, size_t max_bytes, size_t *ret_json_length);

/* Writes the header for `json_length` bytes of JSON, which must fit into 32 bits. */
void frame_write_header(char header[FRAME_HEADER_BYTES], size_t json_length);

#endif
