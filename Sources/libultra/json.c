#include "json.h"

#include "ultra.h"
#include "utf8.h"

#include <errno.h>
#include <string.h>

static bool skip_value(struct json *json, unsigned depth);

static void skip_space(struct json *json) {
    while (json->at < json->end &&
           (*json->at == ' ' || *json->at == '\n' || *json->at == '\r' || *json->at == '\t'))
        json->at++;
}

/* Skips white space and `character`. Returns false, with only the white space skipped, if something else comes. */
static bool skip_character(struct json *json, char character) {
    skip_space(json);
    if (json->at == json->end || *json->at != character)
        return false;
    json->at++;
    return true;
}

static bool skip_string(struct json *json) {
    if (!skip_character(json, '"'))
        return false;
    while (json->at < json->end) {
        unsigned char byte = (unsigned char)*json->at;
        size_t sequence;

        if (byte == '"') {
            json->at++;
            return true;
        }
        if (byte == '\\') {
            if (json->end - json->at < 2)
                return false;
            if (json->at[1] == 'u') {
                if (json_hex_unit(json->at + 2, json->end) < 0)
                    return false;
                json->at += 6;
            } else {
                if (!json->at[1] || !strchr("\"\\/bfnrt", json->at[1]))
                    return false;
                json->at += 2;
            }
            continue;
        }
        if (byte < 0x20)
            return false;
        sequence = utf8_sequence(json->at, (size_t)(json->end - json->at));
        if (sequence == 0)
            return false;
        json->at += sequence;
    }
    return false;
}

static bool is_digit(const struct json *json) {
    return json->at < json->end && *json->at >= '0' && *json->at <= '9';
}

static bool skip_digits(struct json *json) {
    if (!is_digit(json))
        return false;
    while (is_digit(json))
        json->at++;
    return true;
}

static bool skip_number(struct json *json) {
    if (*json->at == '-')
        json->at++;
    if (json->at < json->end && *json->at == '0')
        json->at++;
    else if (!skip_digits(json))
        return false;
    if (json->at < json->end && *json->at == '.') {
        json->at++;
        if (!skip_digits(json))
            return false;
    }
    if (json->at < json->end && (*json->at == 'e' || *json->at == 'E')) {
        json->at++;
        if (json->at < json->end && (*json->at == '+' || *json->at == '-'))
            json->at++;
        if (!skip_digits(json))
            return false;
    }
    return true;
}

static bool skip_literal(struct json *json, const char *literal) {
    size_t length = strlen(literal);

    if ((size_t)(json->end - json->at) < length || memcmp(json->at, literal, length) != 0)
        return false;
    json->at += length;
    return true;
}

/* Skips the separator before the next member or element. Returns 1; 0 at the end of the container; or -EBADMSG. */
static int next_in_container(struct json *json, bool *first, char close) {
    if (*first) {
        *first = false;
        return skip_character(json, close) ? 0 : 1;
    }
    if (skip_character(json, close))
        return 0;
    return skip_character(json, ',') ? 1 : -EBADMSG;
}

static int next_member(struct json *json, bool *first, struct json *ret_key, struct json *ret_value, unsigned depth) {
    int r = next_in_container(json, first, '}');

    if (r <= 0)
        return r;
    skip_space(json);
    ret_key->at = json->at;
    if (!skip_string(json))
        return -EBADMSG;
    ret_key->end = json->at;
    if (!skip_character(json, ':'))
        return -EBADMSG;
    skip_space(json);
    ret_value->at = json->at;
    if (!skip_value(json, depth))
        return -EBADMSG;
    ret_value->end = json->at;
    return 1;
}

static int next_element(struct json *json, bool *first, struct json *ret_value, unsigned depth) {
    int r = next_in_container(json, first, ']');

    if (r <= 0)
        return r;
    skip_space(json);
    ret_value->at = json->at;
    if (!skip_value(json, depth))
        return -EBADMSG;
    ret_value->end = json->at;
    return 1;
}

/* Skips a value. `depth` is the number of containers that may still be nested. */
static bool skip_value(struct json *json, unsigned depth) {
    struct json key, value;
    bool first = true;
    int r;

    skip_space(json);
    if (json->at == json->end)
        return false;
    switch (*json->at) {
    case '{':
    case '[':
        if (depth == 0)
            return false;
        if (*json->at++ == '{')
            while ((r = next_member(json, &first, &key, &value, depth - 1)) > 0)
                ;
        else
            while ((r = next_element(json, &first, &value, depth - 1)) > 0)
                ;
        return r == 0;
    case '"':
        return skip_string(json);
    case 't':
        return skip_literal(json, "true");
    case 'f':
        return skip_literal(json, "false");
    case 'n':
        return skip_literal(json, "null");
    default:
        return skip_number(json);
    }
}

bool json_skip(struct json *json, struct json *ret_value) {
    skip_space(json);
    ret_value->at = json->at;
    if (!skip_value(json, JSON_MAX_DEPTH))
        return false;
    ret_value->end = json->at;
    return true;
}

bool json_enter_object(struct json *json) { return skip_character(json, '{'); }
bool json_enter_array(struct json *json) { return skip_character(json, '['); }

int json_next_member(struct json *json, bool *first, struct json *ret_key, struct json *ret_value) {
    return next_member(json, first, ret_key, ret_value, JSON_MAX_DEPTH - 1);
}

int json_next_element(struct json *json, bool *first, struct json *ret_value) {
    return next_element(json, first, ret_value, JSON_MAX_DEPTH - 1);
}

bool json_at_end(struct json *json) {
    skip_space(json);
    return json->at == json->end;
}

/* Finds the member `name` of `object`; of duplicates, the last. */
static bool find_member(struct json object, const char *name, size_t length, struct json *ret_value) {
    struct json key, value;
    bool first = true, found = false;

    if (!json_enter_object(&object))
        return false;
    while (json_next_member(&object, &first, &key, &value) > 0)
        if (json_string_equals(key, name, length)) {
            *ret_value = value;
            found = true;
        }
    return found;
}

static bool find_element(struct json array, const char *index, size_t length, struct json *ret_value) {
    size_t left = 0;
    bool first = true;

    /* Nine digits cannot overflow, and no frame has room for a billion elements. */
    if (length == 0 || length > 9 || !json_enter_array(&array))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (index[i] < '0' || index[i] > '9')
            return false;
        left = left * 10 + (size_t)(index[i] - '0');
    }
    while (json_next_element(&array, &first, ret_value) > 0)
        if (left-- == 0)
            return true;
    return false;
}

int json_find(struct json root, const char *path, struct json *ret_value) {
    struct json value = root;

    for (;;) {
        size_t length = strcspn(path, ".");
        struct json next = value;

        if (value.at == value.end)
            return 0;
        if (*value.at == '[' ? !find_element(value, path, length, &next) : !find_member(value, path, length, &next))
            return 0;
        value = next;
        if (path[length] == '\0')
            break;
        path += length + 1;
    }
    *ret_value = value;
    return 1;
}

bool json_is_null(struct json value) { return value.at < value.end && *value.at == 'n'; }
bool json_is_string(struct json value) { return value.at < value.end && *value.at == '"'; }

int json_integer(struct json value, int64_t *ret_integer) {
    bool negative = *value.at == '-';
    int64_t integer = 0;

    for (const char *at = value.at + negative; at < value.end; at++) {
        int digit = *at - '0';

        if (digit < 0 || digit > 9)
            return ULTRA_ERROR_TYPE;
        /* Accumulates negatively, because INT64_MIN has no positive counterpart. */
        if (integer < (INT64_MIN + digit) / 10)
            return -ERANGE;
        integer = integer * 10 - digit;
    }
    if (value.at + negative == value.end)
        return ULTRA_ERROR_TYPE;
    if (!negative && integer == INT64_MIN)
        return -ERANGE;
    *ret_integer = negative ? integer : -integer;
    return 0;
}
