#pragma once
// Process setup before anything else runs. Compiled C, because Swift reads the arguments from /proc, which may not be
// mounted.

#ifdef __cplusplus
extern "C" {
#endif

/// An argument of main(), counted from 0, the program's name; null beyond the last. Valid as long as the process.
const char *cstart_argument(int index);

/// Opens /dev/null for each of the descriptors 0, 1 and 2 that is closed. Otherwise a file or socket opened later could
/// get that number, and receive what the program prints. Reading and writing still fail with EBADF. Call it before
/// anything opens a descriptor.
void cstart_hold_standard_descriptors(void);

/// Protects this process's memory and environment, which hold keys: other processes of the same user cannot read them
/// (ptrace(2), /proc/PID/environ, /proc/PID/mem), and no core dump is written. PR_SET_DUMPABLE, prctl(2).
void cstart_hide_memory(void);

/// ULTRA_VERSION of ultra.h, the version number of the project. Static text, never null.
const char *cstart_version(void);

#ifdef __cplusplus
}
#endif
