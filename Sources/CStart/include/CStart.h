#pragma once
// The process at its start, and the version. Compiled C and not a system module: the arguments of main() need code that
// runs before Swift, which reads them from /proc, and /proc may be missing.

#ifdef __cplusplus
extern "C" {
#endif

/// ULTRA_VERSION of ultra.h, the version number of the project. Static text, never null.
const char *cstart_version(void);

/// An argument of main(), 0 being the program's name; null beyond the last. Valid as long as the process.
const char *cstart_argument(int index);

/// Opens /dev/null on each of the descriptors 0, 1 and 2 that is closed, so that no file or socket that is opened later
/// gets its number and then receives output. Reading from and writing to them fails with EBADF, as on closed
/// descriptors. Must be called before anything opens a descriptor.
void cstart_hold_standard_descriptors(void);

/// Keeps this process's memory and environment, where keys are, from other processes of the same user (ptrace(2),
/// /proc/PID/environ, /proc/PID/mem) and out of core dumps: PR_SET_DUMPABLE of prctl(2).
void cstart_hide_memory(void);

#ifdef __cplusplus
}
#endif
