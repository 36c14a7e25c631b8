#define _GNU_SOURCE
#include "ultra.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYSTEM_SOCKET "/run/ultrad/ultrad.sock"
#define USER_SOCKET "/ultrad/ultrad.sock"

static int copy(const char *path, char **ret_path) {
    char *text = strdup(path);

    if (!text)
        return -ENOMEM;
    *ret_path = text;
    return 0;
}

int ultra_socket_path(const char *path, char **ret_path) {
    const char *directory;
    char *text;

    if (path && *path)
        return copy(path, ret_path);
    path = secure_getenv("ULTRAD_SOCKET");
    if (path && *path)
        return copy(path, ret_path);
    directory = secure_getenv("XDG_RUNTIME_DIR");
    if (!directory || !*directory)
        return copy(SYSTEM_SOCKET, ret_path);
    text = malloc(strlen(directory) + sizeof USER_SOCKET);
    if (!text)
        return -ENOMEM;
    strcpy(text, directory);
    strcat(text, USER_SOCKET);
    if (access(text, F_OK) == 0) {
        *ret_path = text;
        return 0;
    }
    free(text);
    return copy(SYSTEM_SOCKET, ret_path);
}
