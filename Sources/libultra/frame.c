#include "frame.h"

#include "ultra.h"

int frame_find(const char *bytes, size_t length, size_t max_bytes, size_t *ret_json_length) {
    const unsigned char *header = (const unsigned char *)bytes;
    size_t json_length;

    if (length < FRAME_HEADER_BYTES)
        return 0;
    json_length = (size_t)header[0] << 24 | (size_t)header[1] << 16 | (size_t)header[2] << 8 | header[3];
    /* Checked before waiting for that many bytes. */
    if (json_length < FRAME_MIN_BYTES || json_length > max_bytes)
        return ULTRA_ERROR_PROTOCOL;
    if (length - FRAME_HEADER_BYTES < json_length)
        return 0;
    *ret_json_length = json_length;
    return 1;
}

void frame_write_header(char header[FRAME_HEADER_BYTES], size_t json_length) {
    header[0] = (char)(json_length >> 24 & 0xFF);
    header[1] = (char)(json_length >> 16 & 0xFF);
    header[2] = (char)(json_length >> 8 & 0xFF);
    header[3] = (char)(json_length & 0xFF);
}
