#pragma once
// What a program needs of its process before anything else runs. Not in a system module: the arguments take compiled
// code, for Swift reads them from /proc, which may be missing.

#ifdef __cplusplus
extern "C" {
#endif

/// An argument of main(), 0 being the program's name; null beyond the last. It lives as long as the process.
const char *cstart_argument(int index);

/// Opens /dev/null in place of each of the descriptors 0, 1 and 2 that is closed, so that no file or socket opened
/// later gets its number and with it what is printed. Reading from and writing to them fails with EBADF, as on closed
/// ones. Call it before anything opens a descriptor.
void cstart_hold_standard_descriptors(void);

/// Keeps this process's memory and environment, where keys are, from other processes of the same user (ptrace(2),
/// /proc/PID/environ, /proc/PID/mem) and out of core dumps: PR_SET_DUMPABLE of prctl(2).
void cstart_hide_memory(void);

/// ULTRA_VERSION of ultra.h, the version number of the project. Static text, never null.
const char *cstart_version(void);

#ifdef __cplusplus
}
#endif
