#include "request.h"

#include "buffer.h"
#include "frame.h"
#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Finds the members of `fields`, the text between its braces. Returns 0, or -EINVAL if it is not an object or contains
 * `id` or `op`. */
static int fields_check(const char *fields, struct json *ret_members) {
    struct json json = {fields, fields + strlen(fields)};
    struct json key, value;
    bool first = true;
    int r;

    if (!json_enter_object(&json))
        return -EINVAL;
    *ret_members = (struct json){json.at, json.at};
    while ((r = json_next_member(&json, &first, &key, &value)) > 0) {
        /* JSON leaves open which duplicate counts (RFC 8259, section 4): the answer could have the wrong id. */
        if (json_string_equals(key, "id", 2) || json_string_equals(key, "op", 2))
            return -EINVAL;
        ret_members->end = value.end;
    }
    return r < 0 || !json_at_end(&json) ? -EINVAL : 0;
}

int request_append(struct buffer *out, uint64_t id, const char *op, const char *fields, size_t max_bytes) {
    struct json members = {"", NULL};
    char head[sizeof "{\"id\":18446744073709551615,\"op\":"];
    size_t op_length = strlen(op), members_length, json_length;
    char header[FRAME_HEADER_BYTES];
    int r;

    members.end = members.at;
    for (const char *at = op; *at; at++)
        if ((unsigned char)*at < 0x20 || (unsigned char)*at > 0x7E || *at == '"' || *at == '\\')
            return -EINVAL;
    if (fields) {
        r = fields_check(fields, &members);
        if (r < 0)
            return r;
    }
    members_length = (size_t)(members.end - members.at);
    snprintf(head, sizeof head, "{\"id\":%" PRIu64 ",\"op\":", id);
    json_length = strlen(head) + op_length + 2 + (members_length ? 1 : 0) + members_length + 1;
    if (json_length > max_bytes)
        return -EMSGSIZE;

    /* With all the room reserved, no append below can fail and leave an incomplete frame. */
    r = buffer_reserve(out, FRAME_HEADER_BYTES + json_length);
    if (r < 0)
        return r;
    frame_write_header(header, json_length);
    buffer_append(out, header, sizeof header);
    buffer_append(out, head, strlen(head));
    buffer_append(out, "\"", 1);
    buffer_append(out, op, op_length);
    buffer_append(out, "\"", 1);
    if (members_length) {
        buffer_append(out, ",", 1);
        buffer_append(out, members.at, members_length);
    }
    buffer_append(out, "}", 1);
    return 0;
}
