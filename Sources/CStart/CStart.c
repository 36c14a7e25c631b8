#include "CStart.h"
#include "../libultra/include/ultra.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>

static int argument_count;
static char *const *all_arguments;

// glibc passes the arguments of main() to every constructor.
__attribute__((constructor)) static void keep_arguments(int count, char **arguments, char **environment) {
    (void)environment;
    argument_count = count;
    all_arguments = arguments;
}

const char *cstart_argument(int index) {
    return index >= 0 && index < argument_count ? all_arguments[index] : 0;
}

void cstart_hold_standard_descriptors(void) {
    for (int descriptor = 0; descriptor <= 2; descriptor++) {
        if (fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
        // open(2) returns the lowest free number, which is this one. The access mode is the opposite of the
        // descriptor's use, so reading or writing fails as on a closed descriptor. If open fails, the descriptor stays
        // closed.
        (void)open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY);
    }
}

void cstart_hide_memory(void) {
    // This option fails only for an invalid value.
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

const char *cstart_version(void) { return ULTRA_VERSION; }
