/* The installed header, as a module for Swift. */
#include <ultra.h>
