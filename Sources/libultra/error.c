#include "ultra.h"

#include <string.h>

const char *ultra_version(void) { return ULTRA_VERSION; }

const char *ultra_strerror(int error) {
    switch ((ultra_error)error) {
    case ULTRA_ERROR_REMOTE:
        return "the daemon answered with an error";
    case ULTRA_ERROR_CLOSED:
        return "the daemon closed the connection";
    case ULTRA_ERROR_TRUNCATED:
        return "the daemon closed the connection in the middle of a frame";
    case ULTRA_ERROR_PROTOCOL:
        return "the peer does not speak the Ultra protocol";
    case ULTRA_ERROR_GOAWAY:
        return "the daemon is stopping and accepts no more requests";
    case ULTRA_ERROR_TYPE:
        return "the field has a different type";
    }
    /* The kernel's highest errno is 4095 (MAX_ERRNO). */
    if (error < 0 && error >= -4095)
        return strerror(-error);
    return "unknown error";
}
