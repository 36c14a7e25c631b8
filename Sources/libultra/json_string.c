#include "buffer.h"
#include "json.h"
#include "ultra.h"
#include "utf8.h"

#include <errno.h>
#include <string.h>

static int hex_digit(char character) {
    if (character >= '0' && character <= '9')
        return character - '0';
    if (character >= 'a' && character <= 'f')
        return character - 'a' + 10;
    if (character >= 'A' && character <= 'F')
        return character - 'A' + 10;
    return -1;
}

long json_hex_unit(const char *at, const char *end) {
    long unit = 0;

    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(at[i]);

        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static size_t encode_utf8(unsigned long scalar, char *out) {
    if (scalar < 0x80) {
        out[0] = (char)scalar;
        return 1;
    }
    if (scalar < 0x800) {
        out[0] = (char)(0xC0 | scalar >> 6);
        out[1] = (char)(0x80 | (scalar & 0x3F));
        return 2;
    }
    if (scalar < 0x10000) {
        out[0] = (char)(0xE0 | scalar >> 12);
        out[1] = (char)(0x80 | (scalar >> 6 & 0x3F));
        out[2] = (char)(0x80 | (scalar & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | scalar >> 18);
    out[1] = (char)(0x80 | (scalar >> 12 & 0x3F));
    out[2] = (char)(0x80 | (scalar >> 6 & 0x3F));
    out[3] = (char)(0x80 | (scalar & 0x3F));
    return 4;
}

/* Decodes the validated escape at `*at` into `out` and advances past it. Returns the number of bytes written. */
static size_t unescape_one(const char **at, const char *end, char out[4]) {
    static const char escapes[] = "\"\\/bfnrt";
    static const char characters[] = "\"\\/\b\f\n\r\t";
    const char *escape = *at + 1;
    unsigned long unit;

    if (*escape != 'u') {
        out[0] = characters[strchr(escapes, *escape) - escapes];
        *at = escape + 1;
        return 1;
    }
    unit = (unsigned long)json_hex_unit(escape + 1, end);
    *at = escape + 5;
    if (unit >= 0xD800 && unit <= 0xDBFF && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
        unsigned long low = (unsigned long)json_hex_unit(*at + 2, end);

        if (low >= 0xDC00 && low <= 0xDFFF) {
            *at += 6;
            return encode_utf8(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00), out);
        }
    }
    return encode_utf8(unit >= 0xD800 && unit <= 0xDFFF ? 0xFFFD : unit, out);
}

bool json_string_equals(struct json string, const char *text, size_t length) {
    const char *at = string.at + 1, *end = string.end - 1;

    while (at < end) {
        char bytes[4];
        size_t count = 1;

        if (*at == '\\')
            count = unescape_one(&at, end, bytes);
        else
            bytes[0] = *at++;
        if (count > length || memcmp(text, bytes, count) != 0)
            return false;
        text += count;
        length -= count;
    }
    return length == 0;
}

size_t json_unescape(struct json string, char *out) {
    const char *at = string.at + 1, *end = string.end - 1;
    char *start = out;

    while (at < end) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((escape ? escape : end) - at);

        memcpy(out, at, plain);
        out += plain;
        at += plain;
        if (escape)
            out += unescape_one(&at, end, out);
    }
    return (size_t)(out - start);
}

int json_append_string(struct buffer *out, const char *text, size_t length) {
    static const char digits[] = "0123456789abcdef";
    const char *end = text + length;
    int r = buffer_append(out, "\"", 1);

    while (r >= 0 && text < end) {
        const char *plain = text;
        unsigned char byte = 0;
        size_t sequence = 0;

        while (text < end) {
            byte = (unsigned char)*text;
            if (byte < 0x20 || byte == '"' || byte == '\\')
                break;
            sequence = utf8_sequence(text, (size_t)(end - text));
            if (sequence == 0)
                return -EILSEQ;
            text += sequence;
        }
        r = buffer_append(out, plain, (size_t)(text - plain));
        if (r < 0 || text == end)
            break;
        if (byte < 0x20) {
            char escape[6] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};

            r = buffer_append(out, escape, sizeof escape);
        } else {
            char escape[2] = {'\\', (char)byte};

            r = buffer_append(out, escape, sizeof escape);
        }
        text++;
    }
    return r < 0 ? r : buffer_append(out, "\"", 1);
}

int ultra_json_quote(const char *text, size_t length, char **ret_json) {
    struct buffer out = {NULL, 0, 0, 0};
    int r = json_append_string(&out, text, length == SIZE_MAX ? strlen(text) : length);

    if (r >= 0)
        r = buffer_append(&out, "", 1);
    if (r < 0) {
        buffer_free(&out);
        return r;
    }
    *ret_json = out.bytes;
    return 0;
}
