#ifndef ULTRA_JSON_H
#define ULTRA_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Strict RFC 8259 over bytes in place: nothing is allocated and no tree is built. */

/* Deepest nesting accepted, as the wire protocol has it. */
enum { JSON_MAX_DEPTH = 64 };

/* Bytes of a JSON text, or what is left of them. */
struct json {
    const char *at;
    const char *end;
};

/* Validates the next value, white space before it included, and moves behind it. False: not JSON. */
bool json_skip(struct json *json, struct json *ret_value);

/* Moves into the object or array that comes next. False: it is something else. */
bool json_enter_object(struct json *json);
bool json_enter_array(struct json *json);

/*
 * The next member of the object, or element of the array, that was entered, fully validated. `*first`
 * starts as true and belongs to the iteration. 1; 0: it has ended, and `json` is behind it; -EBADMSG: not JSON.
 */
int json_next_member(struct json *json, bool *first, struct json *ret_key, struct json *ret_value);
int json_next_element(struct json *json, bool *first, struct json *ret_value);

/* Only white space is left. */
bool json_at_end(struct json *json);

/*
 * The value at `path` (see ultra_event_string) below `root`, a validated value.
 * 1; 0: there is none.
 */
int json_find(struct json root, const char *path, struct json *ret_value);

/* The following read a validated value. */

bool json_is_null(struct json value);
bool json_is_string(struct json value);

/* The four hexadecimal digits of \uXXXX at `at` as a number, or -1. */
long json_hex_unit(const char *at, const char *end);

/* The string is `text`, of `length` bytes. */
bool json_string_equals(struct json string, const char *text, size_t length);

/* Unescapes a string into `out`, which has room for its JSON. Returns the number of bytes written. */
size_t json_unescape(struct json string, char *out);

/* 1, ULTRA_ERROR_TYPE, or -ERANGE. */
int json_integer(struct json value, int64_t *ret_integer);

/* `length` bytes of UTF-8 as a JSON string. 0, -EILSEQ, or -ENOMEM. */
struct buffer;
int json_append_string(struct buffer *out, const char *text, size_t length);

#endif
