#ifndef ULTRA_UTF8_H
#define ULTRA_UTF8_H

#include <stddef.h>

/* The length of the well-formed UTF-8 sequence at the start of `text`, 1 to 4 bytes; 0 if it is malformed (RFC 3629:
 * no overlong forms, no surrogates, nothing above U+10FFFF). */
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
    /* Overlong forms, surrogates and values that are too high show in the second byte (table 3-7 of Unicode). */
    if ((byte[0] == 0xE0 && byte[1] < 0xA0) || (byte[0] == 0xED && byte[1] > 0x9F) ||
        (byte[0] == 0xF0 && byte[1] < 0x90) || (byte[0] == 0xF4 && byte[1] > 0x8F))
        return 0;
    return count;
}

#endif
