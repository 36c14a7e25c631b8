#ifndef ULTRA_JSON_H
#define ULTRA_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A strict RFC 8259 parser that reads in place: it allocates nothing and builds no tree. */

/* The deepest nesting that the wire protocol allows. */
enum { JSON_MAX_DEPTH = 64 };

/* A range of JSON text. Functions that take a pointer advance `at` past what they read. */
struct json {
    const char *at;
    const char *end;
};

/* Validates and skips the next value and the white space before it. Returns false if it is not JSON. */
bool json_skip(struct json *json, struct json *ret_value);

/* Advances into the object or array that comes next. Returns false if something else comes. */
bool json_enter_object(struct json *json);
bool json_enter_array(struct json *json);

/*
 * Reads the next member or element of the object or array that was entered, and validates it. The caller sets
 * `*first` to true before the first call.
 *
 * Returns 1; 0 at the end, with `json` advanced past it; or -EBADMSG if it is not JSON.
 */
int json_next_member(struct json *json, bool *first, struct json *ret_key, struct json *ret_value);
int json_next_element(struct json *json, bool *first, struct json *ret_value);

/* True if only white space is left. */
bool json_at_end(struct json *json);

/* Finds the value at `path` (see ultra_event_string()) in `root`, a validated value. Returns 1, or 0 if none. */
int json_find(struct json root, const char *path, struct json *ret_value);

/* The functions below require a validated value. */

bool json_is_null(struct json value);
bool json_is_string(struct json value);

/* The value of the four hexadecimal digits at `at`, as in \uXXXX; -1 if there are not four. */
long json_hex_unit(const char *at, const char *end);

/* True if the unescaped string equals the `length` bytes of `text`. */
bool json_string_equals(struct json string, const char *text, size_t length);

/* Unescapes a string into `out`, which must be as large as its JSON. Returns the number of bytes written. */
size_t json_unescape(struct json string, char *out);

/* Returns 0; ULTRA_ERROR_TYPE if the value is not an integer; or -ERANGE. */
int json_integer(struct json value, int64_t *ret_integer);

/* Appends `length` bytes of UTF-8 as a JSON string. Returns 0, -EILSEQ or -ENOMEM. */
struct buffer;
int json_append_string(struct buffer *out, const char *text, size_t length);

#endif
