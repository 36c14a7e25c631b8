#ifndef ULTRA_UTF8_H
#define ULTRA_UTF8_H

#include <stddef.h>

/* Bytes of the well-formed UTF-8 sequence at the front of `text` (1 to 4), or 0 (RFC 3629: no overlong
 * forms, no surrogates, nothing above U+10FFFF). */
static inline size_t utf8_sequence(const char *text, size_t length) {
    const unsigned char *byte = (const unsigned char *)text;
    size_t count;

    if (length == 0)
        return 0;
    if (byte[0] < 0x80)
        return 1;
    if (byte[0] < 0xC2 || byte[0] > 0xF4)
        return 0;
    count = byte[0] < 0xE0 ? 2 : byte[0] < 0xF0 ? 3 : 4;
    if (length < count)
        return 0;
    for (size_t i = 1; i < count; i++)
        if ((byte[i] & 0xC0) != 0x80)
            return 0;
    /* The second byte is where overlong forms, surrogates and too high numbers show (table 3-7 of Unicode). */
    if ((byte[0] == 0xE0 && byte[1] < 0xA0) || (byte[0] == 0xED && byte[1] > 0x9F) ||
        (byte[0] == 0xF0 && byte[1] < 0x90) || (byte[0] == 0xF4 && byte[1] > 0x8F))
        return 0;
    return count;
}

#endif
